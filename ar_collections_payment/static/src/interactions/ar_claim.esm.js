import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

/**
 * Keeps the sum on the button at what is ticked. What is paid is reckoned on the server.
 */
export class ArClaim extends Interaction {
    static selector = "form.o_ar_claim";
    dynamicContent = {
        "input[name='item']": {"t-on-change": this.showSum},
    };

    start() {
        // the browser restores ticks when somebody comes back
        this.showSum();
    }

    showSum() {
        const button = this.el.querySelector(".o_ar_pay");
        if (!button) {
            return;
        }
        const {decimals, lang, symbol, position} = this.el.dataset;
        const digits = parseInt(decimals, 10);
        const scale = 10 ** digits;
        const ticked = this.el.querySelectorAll("input[name='item']:checked");
        const units = [...ticked].reduce(
            (sum, input) => sum + Math.round(parseFloat(input.dataset.amount) * scale),
            0
        );
        const format = new Intl.NumberFormat(lang, {
            minimumFractionDigits: digits,
            maximumFractionDigits: digits,
        });
        const number = format.format(Math.max(units, 0) / scale);
        button.querySelector(".o_ar_pay_sum").textContent =
            units <= 0
                ? ""
                : position === "after"
                  ? `${number}\u00a0${symbol}`
                  : `${symbol}\u00a0${number}`;
        button.disabled = units <= 0;
    }
}

registry
    .category("public.interactions")
    .add("ar_collections_payment.ar_claim", ArClaim);

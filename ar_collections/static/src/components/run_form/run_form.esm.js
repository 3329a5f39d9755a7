import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {FormController} from "@web/views/form/form_controller";
import {_t} from "@web/core/l10n/translation";
import {formView} from "@web/views/form/form_view";
import {formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

/** Asks before a run is sent, and says how much it is: a view's own question cannot. */
export class ArRunFormController extends FormController {
    setup() {
        super.setup();
        this.dialog = useService("dialog");
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name === "action_confirm" && !(await this.askToSend())) {
            return false;
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    askToSend() {
        const {draft_count, amount_total, currency_id} = this.model.root.data;
        const amount = formatMonetary(amount_total, {
            currencyId: currency_id && currency_id.id,
        });
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Send the notices?"),
                    body: _t(
                        "Notices: %(count)s. Claimed in total: %(amount)s. They will be sent to your customers now.",
                        {count: draft_count, amount}
                    ),
                    confirmLabel: _t("Send"),
                    confirm: () => resolve(true),
                    cancel: () => resolve(false),
                },
                {onClose: () => resolve(false)}
            );
        });
    }
}

registry.category("views").add("ar_run_form", {
    ...formView,
    Controller: ArRunFormController,
});

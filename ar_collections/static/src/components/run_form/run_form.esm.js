import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {FormController} from "@web/views/form/form_controller";
import {_t} from "@web/core/l10n/translation";
import {formView} from "@web/views/form/form_view";
import {formatMonetary} from "@web/views/fields/formatters";
import {user} from "@web/core/user";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";

const MANAGER = "ar_collections.ar_collections_group_manager";

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

    /** What waits for an approval; a manager who confirms gives it. */
    async getApprovalNote() {
        const count = this.model.root.data.approval_count;
        if (!count) {
            return "";
        }
        if (await user.hasGroup(MANAGER)) {
            return _t(
                "Notices that need an approval: %s. By confirming you approve them.",
                count
            );
        }
        return _t(
            "Of these, %s will wait until a credit manager approves them.",
            count
        );
    }

    async askToSend() {
        // what was asked of the levels since the page was opened
        await this.model.root.load();
        const {draft_count, amount_total, currency_id} = this.model.root.data;
        const note = await this.getApprovalNote();
        const amount = formatMonetary(amount_total, {
            currencyId: currency_id && currency_id.id,
        });
        return new Promise((resolve) => {
            this.dialog.add(
                ConfirmationDialog,
                {
                    title: _t("Send the notices?"),
                    body: [
                        _t(
                            "Notices: %(count)s. Claimed in total: %(amount)s. They will be sent to your customers now.",
                            {count: draft_count, amount}
                        ),
                        note,
                    ].join("\n"),
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

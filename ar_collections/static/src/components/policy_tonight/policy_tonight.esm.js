import {Component, useState} from "@odoo/owl";
import {formatMonetary} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {useRecordObserver} from "@web/model/relational_model/utils";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/** What the ladder would do tonight with the policy as it stands in the form, unsaved. */
export class ArPolicyTonight extends Component {
    static template = "ar_collections.ArPolicyTonight";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        // The default is chosen in the settings, which few may open.
        this.maySet = user.isSystem;
        this.state = useState({rows: null, busy: false, isIdle: false, isStale: false});
        // Figures of before beside other levels would be taken for those of the form.
        useRecordObserver((record) => {
            // Reading all of it is what makes the observer hear of each change.
            const seen = Object.values(record.evalContextWithVirtualIds);
            this.state.isStale = Boolean(seen.length && this.state.rows);
        });
    }

    async look() {
        const {record} = this.props;
        this.state.busy = true;
        try {
            const changes = await record.getChanges();
            const {
                before,
                after,
                currency_id: currencyId,
                is_idle: isIdle,
            } = await this.orm.call("ar.policy", "preview_changes", [
                record.resId || false,
                changes,
            ]);
            this.state.isIdle = isIdle;
            this.state.isStale = false;
            const saved = new Map(before.map((row) => [row[0], row]));
            this.state.rows = after.map(([name, count, amount]) => {
                const was = saved.get(name);
                return {
                    name,
                    count,
                    amount: formatMonetary(amount, {currencyId}),
                    change: was ? count - was[1] : count,
                };
            });
        } finally {
            this.state.busy = false;
        }
    }

    openRules() {
        return this.action.doAction("ar_collections.ar_policy_rule_action");
    }

    openSettings() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.config.settings",
            views: [[false, "form"]],
            target: "current",
            context: {module: "account", bin_size: false},
        });
    }
}

registry.category("view_widgets").add("ar_policy_tonight", {
    component: ArPolicyTonight,
});

import {Component, onWillUnmount, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/** Replays in slices, with a bar that moves; to stop or to leave keeps what is done. */
export class ArPolicyReplayShow extends Component {
    static template = "ar_collections.ArPolicyReplayShow";
    static props = {...standardWidgetProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({busy: false, stopping: false, done: 0, total: 1});
        onWillUnmount(() => (this.state.stopping = true));
    }

    get percent() {
        return Math.round((100 * this.state.done) / this.state.total);
    }

    call(method) {
        const {record} = this.props;
        return this.orm.silent.call(record.resModel, method, [[record.resId]], {
            context: record.context,
        });
    }

    async show() {
        const {record} = this.props;
        Object.assign(this.state, {busy: true, stopping: false, done: 0, total: 1});
        try {
            if (!(await record.save())) {
                return;
            }
            Object.assign(this.state, await this.call("action_start"));
            while (this.state.done < this.state.total && !this.state.stopping) {
                Object.assign(this.state, await this.call("action_step"));
            }
        } finally {
            this.state.busy = false;
            // settings that were changed meanwhile are kept: the table is then of the
            // earlier ones
            await ((await record.isDirty()) ? record.save() : record.load());
        }
    }

    stop() {
        this.state.stopping = true;
    }
}

registry.category("view_widgets").add("ar_policy_replay_show", {
    component: ArPolicyReplayShow,
});

import {Component, onMounted, onWillUnmount} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const INTERVAL = 2000;

/** A bar that moves while a run is delivered: it reloads the record until it is done. */
export class ArRunProgress extends Component {
    static template = "ar_collections.ArRunProgress";
    static props = {...standardFieldProps};

    setup() {
        this.timer = null;
        this.isGone = false;
        onMounted(() => this.schedule());
        onWillUnmount(() => {
            this.isGone = true;
            clearTimeout(this.timer);
        });
    }

    get percent() {
        return Math.round(this.props.record.data[this.props.name]);
    }

    get isSending() {
        return this.props.record.data.state === "confirmed";
    }

    schedule() {
        if (this.isSending && !this.isGone) {
            this.timer = setTimeout(() => this.refresh(), INTERVAL);
        }
    }

    async refresh() {
        await this.props.record.load();
        this.schedule();
    }
}

registry.category("fields").add("ar_run_progress", {
    component: ArRunProgress,
    supportedTypes: ["float"],
});

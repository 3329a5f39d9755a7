import {Component, onMounted, onWillUnmount} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const INTERVAL = 2000;

/** A bar that moves while a run is decided or sent: it reloads the record until then. */
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

    get isDeciding() {
        return this.props.record.data.is_deciding;
    }

    get isMoving() {
        return this.isDeciding || this.props.record.data.state === "confirmed";
    }

    /** Nothing is on its way: the rest waits for a credit manager. */
    get isWaiting() {
        const {approval_count: toApprove, queued_count: queued} =
            this.props.record.data;
        return !this.isDeciding && toApprove > 0 && !queued;
    }

    get label() {
        if (this.isWaiting) {
            return _t("Waiting for approval");
        }
        return this.isDeciding ? _t("Deciding") : _t("Sending");
    }

    get ariaLabel() {
        return this.isDeciding ? _t("Customers decided on") : _t("Notices delivered");
    }

    schedule() {
        if (this.isMoving && !this.isGone) {
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

import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** How many notices a run has by level and by channel, as badges. */
export class ArRunFigures extends Component {
    static template = "ar_collections.ArRunFigures";
    static props = {...standardFieldProps};

    get figures() {
        return this.props.record.data[this.props.name] || {levels: [], channels: []};
    }
}

registry.category("fields").add("ar_run_figures", {
    component: ArRunFigures,
    supportedTypes: ["json"],
});

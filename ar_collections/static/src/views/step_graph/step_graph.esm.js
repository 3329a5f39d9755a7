import {GraphRenderer} from "@web/views/graph/graph_renderer";
import {graphView} from "@web/views/graph/graph_view";
import {registry} from "@web/core/registry";

/** A rate stays what it is until it changes; where nothing is known there is no line. */
export class ArStepGraphRenderer extends GraphRenderer {
    getLineChartData() {
        const data = super.getLineChartData();
        for (const dataset of data.datasets) {
            if (dataset.domains) {
                // Core counts what is missing as 0, which would be a rate
                dataset.data = dataset.data.map((value, index) =>
                    dataset.domains[index].length ? value : null
                );
            }
            delete dataset.cubicInterpolationMode;
            dataset.stepped = "before";
            dataset.pointRadius = 0;
            dataset.pointHitRadius = 6;
        }
        return data;
    }
}

registry.category("views").add("ar_step_graph", {
    ...graphView,
    Renderer: ArStepGraphRenderer,
});

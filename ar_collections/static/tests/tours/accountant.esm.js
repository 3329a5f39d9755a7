import {registry} from "@web/core/registry";
import {chooseEntry, expandCollections, openCollections, openPage} from "./utils.esm";

const NOTICES = ".o_field_widget[name='notice_ids']";
const SKIPS = ".o_field_widget[name='skip_ids']";

// What test_tours.py sets up: three late customers; one below the minimum.
registry.category("web_tour.tours").add("ar_collections_accountant_runs", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_debtor_menu"),
        {
            content: "The worklist shows the late customers",
            trigger:
                ".o_list_view .o_data_row:contains(Late Payer Ltd):contains(1,000.00)",
        },
        {trigger: ".o_list_view .o_data_row:contains(Phoned Ltd)"},
        ...expandCollections(),
        ...chooseEntry("ar_dunning_run_start_menu"),
        {
            content: "The count is there before anything is made",
            trigger: ".modal .o_field_widget[name='notice_count']:contains(/^3$/)",
        },
        {trigger: ".modal .o_field_widget[name='skip_count']:contains(/^1$/)"},
        {trigger: ".modal .o_field_widget[name='amount_total']:contains(3,500.00)"},
        {
            content: "Show me",
            trigger: ".modal button[name='action_start']",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The run is a draft with three notices",
            trigger: ".o_arrow_button_current[data-value='draft']",
        },
        {
            trigger: `${NOTICES} .o_data_row:contains(Late Payer Ltd):contains(First reminder)`,
        },
        {
            trigger: `${NOTICES} .o_data_row:contains(Final Ltd):contains(First reminder)`,
        },
        {
            content: "Open a notice",
            trigger: `${NOTICES} .o_data_row:contains(Late Payer Ltd) td[name='debtor_id']`,
            run: "click",
        },
        {
            content: "Its message is what the customer would read",
            trigger: ".modal .o_field_widget[name='preview']:contains(1,000.00)",
        },
        ...openPage("why", ".modal"),
        {
            content: "Why: the item and when it was due",
            trigger:
                ".modal .o_field_widget[name='explanation'] li:contains(due 03/11/2026)",
        },
        {
            content: "Close the notice",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "Drop the notice of a customer on the phone",
            trigger: `${NOTICES} .o_data_row:contains(Phoned Ltd) button:has(.fa-times)`,
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit They pay on Friday",
        },
        {
            trigger: ".modal button[name='action_drop']",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "Only that one is cancelled",
            trigger: `${NOTICES} .o_data_row:contains(Phoned Ltd):contains(Cancelled)`,
        },
        {trigger: `${NOTICES} .o_data_row:contains(Late Payer Ltd):contains(Draft)`},
        ...openPage("skips"),
        {
            content: "The customer that was left alone, and why",
            trigger: `${SKIPS} .o_data_row:contains(Tiny Ltd):contains(minimum)`,
        },
        {
            content: "Confirm",
            trigger: "button[name='action_confirm']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer button:contains(Send)",
            run: "click",
        },
        {
            content: "The run is being sent",
            trigger: ".o_arrow_button_current[data-value='confirmed']",
        },
        {trigger: ".o_field_widget[name='progress'] .progress"},
    ],
});

registry.category("web_tour.tours").add("ar_collections_accountant_looks_back", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_dunning_notice_menu"),
        {
            content: "Two notices went out, one was dropped",
            trigger: ".o_list_view .o_data_row:contains(Late Payer Ltd):contains(Sent)",
        },
        {trigger: ".o_list_view .o_data_row:contains(Final Ltd):contains(Sent)"},
        {trigger: ".o_list_view .o_data_row:contains(Phoned Ltd):contains(Cancelled)"},
        ...expandCollections(),
        ...chooseEntry("ar_debtor_menu"),
        {trigger: ".o_breadcrumb:contains(Worklist)"},
        {
            content: "Nothing is left to do today: look at everybody",
            trigger: ".o_searchview_facet:contains(To do today) .o_facet_remove",
            run: "click",
        },
        {
            content: "Open the debtor",
            trigger:
                ".o_list_view .o_data_row:contains(Late Payer Ltd) td[name='partner_id']",
            run: "click",
        },
        {
            content: "The debtor stands on the level that was sent",
            trigger:
                ".o_form_view .o_field_widget[name='level_id']:contains(First reminder)",
        },
        {
            trigger:
                ".o_field_widget[name='open_item_ids'] .o_data_row:contains(1,000.00)",
        },
        {trigger: ".o_field_widget[name='outlook']:contains(Second reminder)"},
        ...openPage("notices"),
        {
            trigger:
                ".o_field_widget[name='notice_ids'] .o_data_row:contains(First reminder):contains(Sent)",
        },
        ...expandCollections(),
        ...chooseEntry("ar_aging_report_menu"),
        {
            content: "The ageing adds up to what is open",
            trigger: ".o_pivot_view tr:has(th:contains(Total)) td:contains(3,501.00)",
        },
        {
            trigger:
                ".o_pivot_view tr:has(th:contains(Late Payer Ltd)) td:contains(1,000.00)",
        },
    ],
});

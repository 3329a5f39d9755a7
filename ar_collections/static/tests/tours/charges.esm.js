import {chooseEntry, expandCollections, openCollections, openPage} from "./utils.esm";
import {registry} from "@web/core/registry";

const BILL_LINES = ".modal .o_field_widget[name='line_ids']";

// 1,000 due on 1 January at 10.15 % a year, and EUR 40 once; today is 15 February.
registry.category("web_tour.tours").add("ar_collections_manager_accrues", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_charge_accrual_menu"),
        {
            content: "Until the end of January: 30 days",
            trigger: `${BILL_LINES} .o_data_row:contains(Late Payer Ltd):contains(8.34)`,
        },
        {
            content: "Where it stands until it is billed",
            trigger: ".modal .o_field_widget[name='account_id'] input",
            run: "edit Charges earned",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Charges earned)",
            run: "click",
        },
        {
            content: "Post it",
            trigger: ".modal button[name='action_accrue']",
            run: "click",
        },
        {
            content: "The entry and its reversal",
            trigger: ".o_list_view:has(.o_data_row + .o_data_row)",
        },
    ],
});

registry.category("web_tour.tours").add("ar_collections_manager_charges", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_late_charge_bill_menu"),
        {
            content: "Look first",
            trigger: ".modal button[name='action_preview']",
            run: "click",
        },
        {
            trigger: `${BILL_LINES} .o_data_row:contains(Late Payer Ltd):contains(52.51):contains(Will be billed)`,
        },
        {
            content: "Bill",
            trigger: ".modal button[name='action_bill']",
            run: "click",
        },
        {
            trigger: ".modal:contains(posted) .modal-footer .btn-primary:contains(Ok)",
            run: "click",
        },
        {
            content: "One document with a number of its own",
            trigger: ".o_list_view .o_data_row:contains(LATE/2026) td[name='name']",
            run: "click",
        },
        {
            content: "The lines name invoice, days and rate",
            trigger:
                ".o_form_view .o_field_widget[name='invoice_line_ids'] .o_data_row:contains(45 days):contains(10.15)",
        },
        {
            content: "Give up a part of it, if they pay in time",
            trigger: ".o_statusbar_buttons button:contains(Waive)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='amount'] input",
            run: "edit 12.51",
        },
        {
            trigger: ".modal .o_field_widget[name='reason_id'] input",
            run: "edit Goodwill",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Goodwill)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='is_conditional'] input",
            run: "click",
        },
        {
            content: "Two weeks are proposed",
            trigger: ".modal .o_field_widget[name='pay_by'] button",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='pay_by'] input",
            run: "edit 02/28/2026",
        },
        {
            content: "It says what the button will do",
            trigger: ".modal .alert-info:contains(The offer is sent to the customer)",
        },
        {
            trigger: ".modal button[name='action_waive']",
            run: "click",
        },
        {trigger: ".o_form_view .o_arrow_button_current[data-value='offered']"},
    ],
});

registry.category("web_tour.tours").add("ar_collections_manager_sees_the_waiver", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_charge_waiver_menu"),
        {
            content: "They paid in time",
            trigger:
                ".o_list_view .o_data_row:contains(Late Payer Ltd):contains(Waived) td[name='amount']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_arrow_button_current[data-value='done']",
        },
        {
            content: "The credit note",
            trigger: ".o_field_widget[name='credit_move_id'] a:contains(RLATE)",
            run: "click",
        },
        {
            trigger:
                ".o_form_view .o_field_widget[name='invoice_line_ids'] .o_data_row:contains(12.51)",
        },
    ],
});

registry.category("web_tour.tours").add("ar_collections_accountant_backdates", {
    steps: () => [
        {
            content: "What was charged stands on the overdue invoice",
            trigger: ".o_form_view button[name='action_register_payment']",
        },
        ...openPage("collections"),
        {
            trigger:
                ".o_field_widget[name='late_charge_line_ids'] .o_data_row:contains(45):contains(12.51)",
        },
        {
            content: "The customer had paid on 31 January",
            trigger: ".o_form_view button[name='action_register_payment']",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='payment_date'] button",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='payment_date'] input",
            run: "edit 01/31/2026",
        },
        {
            trigger: ".modal button[name='action_create_payments']",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {trigger: ".o_form_view:has(span.text-bg-success, .ribbon)"},
    ],
});

registry.category("web_tour.tours").add("ar_collections_accountant_sees_correction", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_late_charge_line_menu"),
        {
            content: "Billed anew: 30 days instead of 45",
            trigger:
                ".o_list_view .o_data_row:contains(30):contains(8.34):contains(RLATE) td[name='kind']",
        },
        {
            content: "All of it, with what was taken back",
            trigger: ".o_searchview .o_facet_remove",
            run: "click",
        },
        {trigger: ".o_list_view .o_data_row:contains(12.51):contains(Reversed)"},
        ...expandCollections(),
        ...chooseEntry("ar_debtor_menu"),
        {
            content: "Everybody, not only who is to be written to",
            trigger: ".o_searchview .o_facet_remove",
            run: "click",
        },
        {
            trigger:
                ".o_list_view .o_data_row:contains(Late Payer Ltd) td[name='amount_overdue']",
            run: "click",
        },
        ...openPage("late_charges"),
        {
            content: "Billed 48.34: interest of 30 days and the lump sum",
            trigger: ".o_ar_charge_totals tr:contains(EUR):contains(48.34)",
        },
    ],
});

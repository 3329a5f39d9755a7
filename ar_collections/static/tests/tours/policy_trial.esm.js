import {chooseEntry, expandCollections, openCollections} from "./utils.esm";
import {registry} from "@web/core/registry";

const SUMMARY = ".o_field_widget[name='summary'] .o_ar_replay_summary";
const NOTICES = ".o_field_widget[name='notice_ids']";

// A manager makes a policy of a ready one, tries it, and sends and undoes a run.
registry.category("web_tour.tours").add("ar_collections_manager_tries_a_policy", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_policy_ready_menu"),
        {
            content: "Five ready policies; take the friendly one",
            trigger:
                ".o_kanban_record:contains(Friendly) button:contains(Use this policy)",
            run: "click",
        },
        {
            content: "It is drawn as a ladder",
            trigger: ".o_form_view .o_ar_ladder:contains(due)",
        },
        {
            content: "What would it do tonight?",
            trigger: ".o_ar_policy_tonight button",
            run: "click",
        },
        {trigger: ".o_ar_policy_tonight table:contains(Second reminder)"},
        {
            content: "Simulate it on today",
            trigger: "button[name='action_replay']",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name='policy_id'] input:value(Friendly), .o_field_widget[name='policy_id']:contains(Friendly)",
        },
        {
            trigger: ".o_ar_policy_replay_show button:contains(Show)",
            run: "click",
        },
        {trigger: `${SUMMARY} tfoot:contains(All)`},
        {
            content: "Back-test it beside another policy",
            trigger: ".o_field_widget[name='mode'] input[data-value='past']",
            run: "click",
        },
        {
            content: "What is shown is of the settings before",
            trigger: ".alert-warning:not(.d-none):contains(earlier settings)",
        },
        {
            trigger: ".o_field_widget[name='months'] input",
            run: "edit 2",
        },
        {
            trigger: ".o_field_widget[name='compare'] input[data-value='policy']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='other_policy_id'] input",
            run: "edit Ladder",
        },
        {
            trigger: ".ui-menu-item a:contains(Ladder)",
            run: "click",
        },
        {
            trigger: ".o_ar_policy_replay_show button:contains(Show)",
            run: "click",
        },
        {
            content: "Both stand side by side",
            trigger: `${SUMMARY} thead:contains(Friendly):contains(Ladder)`,
            timeout: 60000,
        },
        {
            content: "And as a chart",
            trigger: "button[name='action_open_contacts']",
            run: "click",
        },
        {trigger: ".o_graph_view canvas"},
        ...expandCollections(),
        ...chooseEntry("ar_dunning_run_start_menu"),
        {
            trigger: ".modal button[name='action_start']",
            run: "click",
        },
        {
            content: "Drop one",
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
        {trigger: `${NOTICES} .o_data_row:contains(Phoned Ltd):contains(Cancelled)`},
        {
            trigger: "button[name='action_confirm']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer button:contains(Send)",
            run: "click",
        },
        {trigger: ".o_arrow_button_current[data-value='confirmed']"},
    ],
});

registry.category("web_tour.tours").add("ar_collections_manager_undoes_a_run", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_dunning_run_menu"),
        {
            trigger: ".o_list_view .o_data_row:contains(Done) .o_data_cell",
            run: "click",
        },
        {
            content: "Undo it",
            trigger: ".o_form_view .o_statusbar_buttons button:contains(Undo)",
            run: "click",
        },
        {
            content: "Two customers have it already",
            trigger: ".modal .o_field_widget[name='sent_count']:contains(/^2$/)",
        },
        {
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit The bank statement was missing",
        },
        {
            trigger: ".modal button[name='action_undo']",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {trigger: ".o_form_view .ribbon:contains(Undone)"},
        ...expandCollections(),
        ...chooseEntry("ar_deviation_menu"),
        {
            content: "Who left the policy, and how, is in the consistency report",
            trigger: ".o_pivot_view th:contains(Run undone)",
        },
        {trigger: ".o_pivot_view th:contains(Notice dropped)"},
    ],
});

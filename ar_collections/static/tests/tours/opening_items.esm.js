import {chooseEntry, openCollections} from "./utils.esm";
import {inputFiles} from "@web/../tests/utils";
import {registry} from "@web/core/registry";

// Two rows: one that another system dunned, one of a customer that nobody knows.
const FILE = [
    "Customer,Document number,Invoice Date,Due date,Open amount,Level,Last contact date",
    "Late Payer Ltd,R-1,2026-01-21,2026-02-20,100.00,Second reminder,2026-03-28",
    "Finall Ltd,R-2,2026-01-21,2026-01-20,50.00,Fifth,",
].join("\n");
const BAD = ".o_list_view .o_data_row:contains(R-2)";

// A manager brings the open items of the old system along.
registry.category("web_tour.tours").add("ar_collections_manager_imports_items", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_opening_item_menu"),
        {
            trigger: "button[name='action_import']",
            run: "click",
        },
        {
            content: "There is a template to begin with",
            trigger: "a[href*='ar_opening_items.csv']",
        },
        {
            content: "Upload a file",
            trigger: ".o_import_file",
            async run() {
                const file = new File([FILE], "items.csv", {type: "text/csv"});
                await inputFiles("input.o_input_file", [file]);
            },
        },
        {
            trigger: ".o_import_data_content:contains(Document number)",
        },
        {
            content: "A test says what is wrong, all of it",
            trigger: "button:contains(/^Test$/)",
            run: "click",
        },
        {trigger: ".alert:contains(1 of 2 rows have a problem)"},
        {
            trigger:
                ".alert:contains(no customer):contains(due before):contains(No policy has a level)",
        },
        {
            content: "Import it all the same and mend it in the list",
            trigger: "button:contains(/^Import$/)",
            run: "click",
        },
        {trigger: ".o_list_view .o_data_row:contains(R-1):contains(To post)"},
        {trigger: `${BAD}:contains(Problem):contains(no customer)`},
        {
            content: "Posting is all or nothing",
            trigger: "button[name='action_post']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".modal:contains(Nothing was posted) .modal-footer button",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The row is a mistake: delete it",
            trigger: `${BAD} .o_list_record_selector input`,
            run: "click",
        },
        {
            trigger: ".o_cp_action_menus button:contains(Actions)",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .o_menu_item:contains(Delete)",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {trigger: ".o_list_view:not(:has(.o_data_row:contains(R-2)))"},
        {
            content: "Post",
            trigger: "button[name='action_post']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {trigger: ".o_notification:contains(1 items posted)"},
        {trigger: ".o_list_view .o_data_row:contains(R-1):contains(Posted)"},
    ],
});

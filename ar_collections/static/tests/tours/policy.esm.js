import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";
import {chooseEntry, openCollections} from "./utils.esm";

registry.category("web_tour.tours").add("ar_collections_manager_adds_level", {
    url: "/odoo",
    steps: () => [
        ...openCollections(),
        ...chooseEntry("ar_policy_menu"),
        {
            content: "Open the policy",
            trigger: ".o_list_view .o_data_row td[name='name']:contains(Ladder)",
            run: "click",
        },
        {
            content: "Add a level",
            trigger: ".o_field_widget[name='level_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name='name'] input",
            run: "edit Last word",
        },
        {
            trigger: ".modal .o_field_widget[name='delay_days'] input",
            run: "edit 60",
        },
        {
            content: "A level with a message needs its words",
            trigger: ".modal .o_field_widget[name='mail_template_id'] input",
            run: "edit Final",
        },
        {
            trigger: ".ui-menu-item a:contains(Final)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {
            content: "The level stands at the end of the ladder",
            trigger:
                ".o_field_widget[name='level_ids'] .o_data_row:eq(4):contains(Last word)",
        },
        ...stepUtils.saveForm(),
    ],
});

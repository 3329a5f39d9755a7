import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const COLLECTIONS = "[data-menu-xmlid='ar_collections.ar_collections_menu']";

/** A denied address leaves the web client with the message of the server. */
const isRefused = [
    {
        content: "The server refuses the address of the worklist",
        trigger:
            ".modal .o_error_dialog:contains(Access Error), .modal:contains(Access Error)",
    },
    {
        trigger: ".modal .modal-footer .btn-primary",
        run: "click",
    },
    {trigger: "body:not(:has(.modal))"},
];

registry.category("web_tour.tours").add("ar_collections_employee_menus", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "The apps of an employee are there, Invoicing is not",
            trigger: `.o-dropdown--menu:has(.o_app):not(:has([data-menu-xmlid='account.menu_finance']))`,
        },
        {trigger: `body:not(:has(${COLLECTIONS}))`},
    ],
});

registry.category("web_tour.tours").add("ar_collections_invoicing_menus", {
    url: "/odoo",
    steps: () => [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        {
            content: "Invoicing has its menus, Collections is not among them",
            trigger:
                ".o_menu_sections:has([data-menu-xmlid='account.menu_finance_receivables'])",
        },
        {trigger: `body:not(:has(${COLLECTIONS}))`},
    ],
});

registry.category("web_tour.tours").add("ar_collections_is_refused", {
    url: "/odoo/collections",
    steps: () => isRefused,
});

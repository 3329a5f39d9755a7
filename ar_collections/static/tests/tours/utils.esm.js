import {stepUtils} from "@web_tour/tour_utils";

/** Open the menu Invoicing / Collections, ready for a click on one of its entries. */
export function openCollections() {
    return [
        ...stepUtils.goToAppSteps("account.menu_finance", "Open Invoicing"),
        ...expandCollections(),
    ];
}

/** The same from inside of the app. */
export function expandCollections() {
    return [
        {
            content: "Open the menu Collections",
            trigger: "button[data-menu-xmlid='ar_collections.ar_collections_menu']",
            run: "click",
        },
    ];
}

/** Choose an entry of the menu Collections. */
export function chooseEntry(menu) {
    return [
        {
            content: `Choose ${menu}`,
            trigger: `.o-dropdown-item[data-menu-xmlid='ar_collections.${menu}']`,
            run: "click",
        },
    ];
}

/** Open a page of the notebook of the form on top. */
export function openPage(name, parent = "") {
    return [
        {
            content: `Open the page ${name}`,
            trigger: `${parent} .o_notebook .nav-link[name='${name}']`,
            run: "click",
        },
        {trigger: `${parent} .o_notebook .nav-link.active[name='${name}']`},
    ];
}

import {registry} from "@web/core/registry";

/** Fails if the page is wider than the phone: nobody scrolls sideways to pay. */
function checkWidth() {
    const {scrollWidth, clientWidth} = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth} wide on ${clientWidth} pixels`);
    }
}

registry.category("web_tour.tours").add("ar_collections_payment_phone", {
    steps: () => [
        {
            content: "The sum is at the top, with the button in the first screen",
            trigger: ".o_ar_sum:contains(1,200.00)",
            run() {
                checkWidth();
                const button = document.querySelector(".o_ar_pay");
                if (button.getBoundingClientRect().bottom > window.innerHeight) {
                    throw new Error("Pay is below the first screen");
                }
            },
        },
        {
            content: "Leave the older invoice out",
            trigger: ".o_ar_row:contains(1,000.00) input[name='item']:checked",
            run: "click",
        },
        {
            content: "The button follows",
            trigger: ".o_ar_pay:contains(200.00):not(:contains(1,200.00))",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The sum once more",
            trigger: "[name='ar_amount']:contains(200.00)",
            run: checkWidth,
        },
        {
            content: "The one way to pay is chosen",
            trigger: "input[name='o_payment_radio']:checked",
        },
        {
            trigger: "#customer_input",
            run: "edit 4242",
        },
        {
            content: "Pay with the demo provider",
            trigger: "button[name='o_payment_submit_button']:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Thanks for what was paid",
            trigger: "[name='ar_thanks']:contains(200.00)",
        },
        {
            content: "It is listed as paid",
            trigger: "[name='ar_paid']:contains(200.00)",
        },
        {
            content: "And the rest is still owed",
            trigger: "[name='ar_due']:contains(1,000.00)",
            run: checkWidth,
        },
    ],
});

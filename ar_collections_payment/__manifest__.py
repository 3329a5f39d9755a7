{
    "name": "AR Collections: Online Payment",
    "summary": "Customers see and pay all they owe by the link of a reminder",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "ar_collections contributors",
    "license": "LGPL-3",
    "depends": ["ar_collections", "account_payment"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
    "data": [
        "security/ir.model.access.csv",
        "security/ar_payment_share_rules.xml",
        "data/mail_template_data.xml",
        "report/ar_dunning_notice_report.xml",
        "views/portal_templates.xml",
        "views/portal_pay_templates.xml",
        "views/ar_debtor_views.xml",
        "views/ar_dunning_notice_views.xml",
        "views/payment_transaction_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "assets": {
        "web.assets_frontend": [
            "ar_collections_payment/static/src/interactions/**/*",
        ],
        "web.assets_tests": ["ar_collections_payment/static/tests/tours/**/*"],
    },
}

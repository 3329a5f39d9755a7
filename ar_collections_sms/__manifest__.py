{
    "name": "AR Collections: SMS",
    "summary": "Sends dunning notices as SMS, with fallback when one does not arrive",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "ar_collections contributors",
    "license": "LGPL-3",
    "depends": ["ar_collections", "sms"],
    "auto_install": True,
    "data": [
        "data/sms_template_data.xml",
        "views/ar_dunning_level_views.xml",
        "views/ar_dunning_notice_views.xml",
        "views/res_partner_views.xml",
    ],
}

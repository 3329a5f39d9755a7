{
    "name": "AR Collections: Letters by Post",
    "summary": "Sends dunning letters by Odoo's post service instead of printing them",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "ar_collections contributors",
    "license": "LGPL-3",
    "depends": ["ar_collections", "snailmail"],
    "auto_install": True,
    "data": [
        "report/ar_dunning_notice_proof_report.xml",
        "views/ar_dunning_level_views.xml",
        "views/ar_dunning_notice_views.xml",
        "views/res_config_settings_views.xml",
    ],
}

"""Sentences that customers read were mended: those that nobody changed are replaced.

Texts belong to whoever edits them, so an upgrade leaves them alone. Here each language of
a text that is still, to the letter, as we shipped it is taken out; the upgrade then loads
it anew from the translation files.
"""

from odoo.tools import SQL

# name of the template, field, language, MD5 of the text as it was shipped
SHIPPED = """
final body_html de 19bff05eca3536bdf4c3c71e4c734d96
final body_html it f23c04af0aed12ca664dd171d260fffd
final body_html nl e6eef42e56c97af8855ad8e2705ffb64
first body_html de eab4ea3939cf87df8a7f3acadcd8b0a9
first body_html es 0e7dc3150c58bcd915b2e3e3b6aa643d
first body_html fr 0f39a5fbd2503c2e697b83cee88bc443
first body_html it 98cdfa1e160d94a2854511994538faf3
first body_html nl 7c1bdbdc7c00fad7fe84b5a9307e6929
ready_consumer_final body_html de c8a14b5a9212abeda69ad12a7eebf7a1
ready_consumer_final body_html fr ce02662bf79523191df226b4d3d0a621
ready_consumer_final body_html it 355933331f8784113698c14b8859973f
ready_consumer_final body_html nl 823de70ff9eb4134197c45c9154fdd04
ready_consumer_first body_html de 6cc6dbdf3b2db72ac422a33fe60c4cc3
ready_consumer_first body_html es 5500e35fa584cd188f24b5c2af154af4
ready_consumer_first body_html fr 37dff548dea8d5294021d6f9a1d3d351
ready_consumer_first body_html it 7e8febddbc52bb2b4cb85404d2488db3
ready_consumer_first body_html nl 07f4e4e5db07cbaf0e844273fae87c87
ready_consumer_second body_html de a748669f33438dd1dc61d81f8a79038f
ready_consumer_second body_html es 3a2eda57d8b2e44d2e68073b07996ce9
ready_consumer_second body_html fr aa84aaac15a8fedaf87c352d0ccea3bb
ready_consumer_second body_html it b258b1a47caab60a03dbee62fda44e88
ready_consumer_second body_html nl 455efdff3d814263dd2554d3ba5dcdbc
ready_facts_final body_html de 3f6f9ddf252e5f50766782a079c11152
ready_facts_final body_html it 00946aaa183ebdea74e6b73e0d0b9f5d
ready_facts_final body_html nl ee8aea33e8a44e1d4c95c75b97f7f59d
ready_facts_reminder body_html de 78ec69dff216d209a6cbb89632e9b651
ready_facts_reminder body_html it 5a26cb4b2ae90a7497eada1cff990f8c
ready_facts_reminder body_html nl f4750438d64b34e7a068345a9a9876c2
ready_facts_reminder subject nl 1312a7456a321d3c9f5650234820aa3a
ready_facts_upcoming body_html de e4af557de4dcd4cdb3351f1c64d38945
ready_facts_upcoming body_html it 0b73f7b77e2134fb029f570ef891d4c5
ready_facts_upcoming body_html nl 3325a76185144c9b7ec2cad298708080
ready_firm_final body_html de f6e5b5a5b20256c5ee6f58381a2db9c0
ready_firm_final body_html it 22da4711f3c158d8f2cae30a77dfaa7c
ready_firm_final body_html nl 0d952fbf0a9cd76063b4f1bfa4b7b82d
ready_firm_first body_html de ac25771a06c60f77d91ea7b729267e18
ready_firm_first body_html it 9bf4f56f288dbf63487eb1906a97908d
ready_firm_first body_html nl 22e268a7602a2ba0500b5e3b008f0a43
ready_firm_first subject nl 6630907323db75efeabda13dff1bb4af
ready_firm_second body_html de 13416456d9c8f21f3e4281c36639756a
ready_firm_second body_html it b39ae7b640b229ce33f383ecff978921
ready_firm_second body_html nl ca0f67263d761154fca002aeb70a83a9
ready_friendly_first body_html de 01f3ad3154a3d0c59ec35e2f8a81942b
ready_friendly_first body_html es 6b96a44171c81f6cf5c88e1780075e11
ready_friendly_first body_html fr e8fcbca2f111eae9511bd657caa284ad
ready_friendly_first body_html it 310459d2efa1109f9639af2598404bab
ready_friendly_first body_html nl 0e03bfb1a3c5762de2bc1c3e5e4b998c
ready_friendly_last body_html de 52c2ffad454802eb454390ba1feba911
ready_friendly_last body_html es 4a3e242a9398f1670be9cd99065fc745
ready_friendly_last body_html fr 159709114159acf58de0893c7082ec04
ready_friendly_last body_html it 0c56ad99aec24da9da2f3bec08833b6c
ready_friendly_last body_html nl 377ae57c091b84c0bdcd54d10e3640ed
ready_friendly_second body_html de b6e552f61b1c573c22dd4ced90466fd7
ready_friendly_second body_html es 7b817d0fb17784176158f78ee9abcaa0
ready_friendly_second body_html fr eb76d20acd14e051f049cb635f9ebc03
ready_friendly_second body_html it 64c3c66dbac6e623fc808c8e8b65bde6
ready_friendly_second body_html nl 01c3a317c47f9723bd17038a37b58206
ready_friendly_upcoming body_html de c790a571eac9ec3430a68809e0284a94
ready_friendly_upcoming body_html es 9f2b01593659d8fdd6fc58350960a36c
ready_friendly_upcoming body_html fr d57d994e929927b9e21a2da4de192af0
ready_friendly_upcoming body_html it 92a7038a62b4184d97b39e3a4621cc1d
ready_friendly_upcoming body_html nl 706c09693ff3f586716f489b8f688891
ready_good_first body_html de c13cfc23ff3cbe9616692f36867cdfb5
ready_good_first body_html es 4d3ee04fdf1e850b1f7f5bb67cd15f99
ready_good_first body_html fr f4032db78a4c05d8be80c00f9ed8c42a
ready_good_first body_html it b94aee8bd48c6271c67f21ae1f46e959
ready_good_first body_html nl a1e88befb881108c72cb3e4dd6d71e8c
ready_slow_first body_html de ffc2b2bf2a7260642e46f97adae4c7f8
ready_slow_first body_html es 66306e57e36c4081636880e55d1eaa11
ready_slow_first body_html fr a4a317b6a328d5e602f1745a16206532
ready_slow_first body_html it 75fc80eb611d2316afa364d8dfbad599
ready_slow_first body_html nl 618605828f8d8bc5d5ffb39069a9a9e8
second body_html de f279123f733ed8ac2cc3efcb23f35752
second body_html es 1b6f7526d4a60c2ebd39874b74269425
second body_html fr ff7c7e9d635dd114afd1e63d63d20763
second body_html it ab612021f3a5f9e903e824c2e77feea4
second body_html nl ca1e331b47a3bcfebd659bed9ef1723e
statement body_html de ee651dac439ea3820f27168d9d6cd3c8
statement body_html es 7213e4bb51c422966dfd7d7db3832690
statement body_html fr e2bbe80b04469eb286afa16187428210
statement body_html it f5c85c48a4b1aef1bb6393a08f3b696e
statement body_html nl d7b51a85878703cc085ea9aaf48aa051
thanks body_html de ba574c2a35e40e9db9ede18bc34d42aa
thanks body_html fr f18ccb61dbbd9f8114d4b4ff901f1a83
thanks body_html it 5698aa8ebbc3f94b36e41d38f36e68eb
thanks body_html nl c8e1e00e4fb6eeb9ec83cd1c040007a5
thanks subject it a3e895862f8a3cd086b9cbfd39fc8969
upcoming body_html de c9d070c9691fb209d087c004e5b5c847
upcoming body_html es 72c50004bcfd4352d435ce798ce6a0d2
upcoming body_html fr f2a9f4115c1ea6badd9ed08b008dbc50
upcoming body_html it 897de58bc1c7b29943ac6a4667af468b
upcoming body_html nl fabd6cf647ef1f45f9dd80a17c3e680a
"""

# language, a sentence of pages and letters as it was shipped, and as it is now
SENTENCES = (
    ("de", "schreiben wir Ihnen wieder am", "schreiben wir Ihnen erneut am"),
    (
        "fr",
        "Veuillez le comparer à vos livres et nous",
        "Veuillez le rapprocher de votre comptabilité et nous",
    ),
    (
        "es",
        "Compárelo con sus libros y díganos si algo no coincide. ¿Preguntas?",
        "Le rogamos que lo coteje con su contabilidad y nos avise si algo no "
        "coincide. ¿Alguna pregunta?",
    ),
    (
        "it",
        "Vi preghiamo di confrontarlo con i vostri libri e di",
        "La preghiamo di confrontarlo con la sua contabilità e di",
    ),
    ("it", "Vi preghiamo di versare a", "Si prega di versare a"),
    ("it", "aldo è a vostro favore.", "aldo è a suo favore."),
    ("it", "aldo a vostro favore", "aldo a suo favore"),
    ("it", "Vostro riferimento:", "Suo riferimento:"),
    ("nl", "waarvan vervallen", "waarvan te laat"),
)


def migrate(cr, version):
    """Forget former translations of texts; mend the sentences around them."""
    forget_texts(cr)
    mend_sentences(cr)


def mend_sentences(cr):
    """In pages and letters, which an upgrade leaves as they were translated."""
    for lang, former, present in SENTENCES:
        cr.execute(
            SQL(
                """
                UPDATE ir_ui_view v
                   SET arch_db = arch_db || jsonb_build_object(
                           l.code,
                           replace(arch_db->>l.code, %(former)s, %(present)s))
                  FROM ir_model_data d, res_lang l
                 WHERE d.module = 'ar_collections' AND d.model = 'ir.ui.view'
                   AND d.res_id = v.id AND v.type = 'qweb'
                   AND split_part(l.code, '_', 1) = %(lang)s
                   AND strpos(arch_db->>l.code, %(former)s) > 0
                """,
                former=former,
                present=present,
                lang=lang,
            )
        )


def forget_texts(cr):
    """Take out each text that is still as it was shipped."""
    for line in SHIPPED.strip().splitlines():
        name, field, lang, digest = line.split()
        column = SQL.identifier(field)
        # every variant of the language, as de_DE and de_AT
        cr.execute(
            SQL(
                """
                UPDATE mail_template t SET %(column)s = kept.texts
                  FROM ir_model_data d
                 CROSS JOIN LATERAL (
                       SELECT jsonb_object_agg(e.key, e.value) AS texts
                         FROM mail_template m
                        CROSS JOIN LATERAL jsonb_each_text(m.%(column)s) e
                        WHERE m.id = d.res_id
                          AND NOT (split_part(e.key, '_', 1) = %(lang)s
                                   AND md5(e.value) = %(digest)s)
                       ) kept
                 WHERE d.module = 'ar_collections' AND d.name = %(name)s
                   AND d.model = 'mail.template' AND t.id = d.res_id
                   AND kept.texts IS NOT NULL AND kept.texts != t.%(column)s
                """,
                column=column,
                lang=lang,
                digest=digest,
                name=f"mail_template_ar_{name}",
            )
        )

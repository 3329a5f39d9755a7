import re

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import SQL

from .common import TODAY, ArCollectionsCommon

# Each line is a case that was worked out by hand from the rules in DESIGN.md, 4.
#
#   what is shown | ladder | facts | items | what becomes of each item | letters
#
# ladder  levels in their order: name, days after the due date (negative: before it), then
#         e: after the end of the due month, p: after the previous notice, w: in working
#         days, s: silent (no message), n: nobody is contacted without e-mail, a: a manager
#         approves,
#         /n: distance (else 8), >n and >n%: minimum amount and share, [slow:9,chronic:-]:
#         other days for a payer profile, or the level skipped.
#         @invoice, @level, @office: letters; @workdays: on working days only.
# facts   day=: decided for (else Tuesday, 31 March 2026), slow …: payer profile, pause: of
#         the whole customer (=n: of an amount), from=, to=: its days, contact=A5:
#         contacted at level A 5 days ago, draft: a notice waits, nomail, noaddress,
#         for=co: decided for the other company.
# items   amount, currency (else that of the company), d3: 3 days late or the due date
#         itself, A8: taken to level A 8 days ago, A8=7: which gave 7 days to pay;
#         negative: an open credit.
#         paid=, part=: paid, paused part; paused, nofu, blocked; same: an instalment of
#         the invoice before; 10x: ten of them; x: of a branch of the customer; co: in the
#         books of another company, br: in those of a branch of ours.
#         1 of our currency is 2 chf and 0.5 gbp; xts has no rate.
# becomes the level's name: it moves up to it; else the verdict; absent: not looked at.
# Easter 2026: Good Friday, 3 April, and Monday, 6 April, are public holidays.
CASES = """
# -- when a level is reached
the day before the first level     | A3 B15 F30 | | 100 d2 | waiting | -
on its day                         | A3 B15 F30 | | 100 d3 | A | A 100
never contacted: begins below      | A3 B15 F30 | | 100 d180 | A | A 100
the due day itself, level of 0     | A0 B15 | | 100 d0 | A | A 100
a day before that                  | A0 B15 | | 100 d-1 | waiting | -
eight days before the due date     | U-7 A3 | | 100 d-8 | waiting | -
seven days before                  | U-7 A3 | | 100 d-7 | U | U 100
the note still on the due day      | U-7 A3 | | 100 d0 | U | U 100
but never after it                 | U-7 A3 | | 100 d1 | waiting | -
the note is no reason to wait      | U-7 A3 | | 100 d3 U10 | A | A 100
second level, a day early          | A3 B15 F30 | | 100 d14 A11 | waiting | -
second level                       | A3 B15 F30 | | 100 d15 A12 | B | B 100
third level, a day early           | A3 B15 F30 | | 100 d29 B14 | waiting | -
third level                        | A3 B15 F30 | | 100 d30 B15 | F | F 100
the end of the ladder              | A3 B15 F30 | | 100 d90 F30 | finished | -
after the notice before, too early | A3 B10p | | 100 d40 A9 | waiting | -
after the notice before            | A3 B10p | | 100 d40 A10 | B | B 100
no notice before: the due date     | A5p | | 100 d4 | waiting | -
the same on its day                | A5p | | 100 d5 | A | A 100
not before the one below it        | A10 B7p | | 100 d8 | waiting | -
nor counted from the note          | U-7 A10 B7p | | 100 d1 U8 | waiting | -
nor over the head of another       | A3 B15 C5p | | 100 d9 A6 | waiting | -
one after the other                | A3 B15 C5p | | 100 d23 B8 | C | C 100
3 days after a note is not due yet | U-7 A3p | | 100 d-2 U4 | waiting | -
after the note and due             | U-7 A3p | | 100 d1 U8 | A | A 100
# -- end of month, leap days
due on the 31st, 2 days            | A3e | day=2026-02-02 | 100 2026-01-31 | waiting | -
due on the 31st, 3 days            | A3e | day=2026-02-03 | 100 2026-01-31 | A | A 100
due on the 1st: the same day       | A3e | day=2026-02-02 | 100 2026-01-01 | waiting | -
due on the 1st, its day            | A3e | day=2026-02-03 | 100 2026-01-01 | A | A 100
due on 31 December                 | A3e | day=2026-01-03 | 100 2025-12-31 | A | A 100
February of a leap year            | A3e | day=2024-03-02 | 100 2024-02-10 | waiting | -
29 February and 3 days             | A3e | day=2024-03-03 | 100 2024-02-10 | A | A 100
28 February and 3 days             | A3e | day=2025-03-03 | 100 2025-02-10 | A | A 100
due on the leap day, too early     | A3 | day=2024-03-02 | 100 2024-02-29 | waiting | -
due on the leap day                | A3 | day=2024-03-03 | 100 2024-02-29 | A | A 100
reached on the leap day            | A3 | day=2024-02-29 | 100 2024-02-26 | A | A 100
the same without one               | A3 | day=2023-02-28 | 100 2023-02-26 | waiting | -
a day later                        | A3 | day=2023-03-01 | 100 2023-02-26 | A | A 100
# -- working days: the 28th is a Saturday
Thursday and 2 working days        | A3w | day=2026-03-30 | 100 2026-03-26 | waiting | -
Thursday and 3 working days        | A3w | | 100 2026-03-26 | A | A 100
Saturday and 2 working days        | A3w | | 100 2026-03-28 | waiting | -
Saturday and 3 working days        | A3w | day=2026-04-01 | 100 2026-03-28 | A | A 100
over Easter, Monday is off         | A1w | day=2026-04-06 | 100 2026-04-02 | waiting | -
over Easter, Tuesday               | A1w | day=2026-04-07 | 100 2026-04-02 | A | A 100
4 working days before              | U-3w A3 | day=2026-03-26 | 100 2026-04-01 | waiting | -
3 working days before              | U-3w A3 | day=2026-03-27 | 100 2026-04-01 | U | U 100
a step on Saturday waits           | A3 @workdays | day=2026-03-28 | 100 2026-03-25 | waiting | -
for Monday                         | A3 @workdays | day=2026-03-30 | 100 2026-03-25 | A | A 100
a note on Saturday goes on Friday  | U-7 @workdays | day=2026-03-27 | 100 2026-04-04 | U | U 100
a deadline ends on Friday: not on Saturday | A3 B7 @workdays | day=2026-03-28 | 100 d12 A8=7 | waiting | -
but on Monday                      | A3 B7 @workdays | day=2026-03-30 | 100 d14 A10=7 | B | B 100
a distance ends on Saturday        | A3 B7 @workdays | day=2026-03-28 | 100 d12 A8=1 | waiting | -
Good Friday is a day off           | A3 B7 @workdays | day=2026-04-03 | 100 d12 A8=1 | waiting | -
any day will do for the others     | A3 B7 | day=2026-03-28 | 100 d12 A8=1 | B | B 100
not on Thursday                    | U-7 @workdays | day=2026-03-26 | 100 2026-04-04 | waiting | -
a notice of Wednesday and 4 of them | A3 B5wp | day=2026-04-09 | 100 d60 A8 | waiting | -
a notice of Tuesday and 5 of them  | A3 B5wp | day=2026-04-09 | 100 d60 A9 | B | B 100
# -- distance
distance of 8 days, the 7th        | A3 B15 F30 | | 100 d15 A7 | interval | -
the 8th                            | A3 B15 F30 | | 100 d16 A8 | B | B 100
distance holds a new item, too     | A3 B15 F30 | | 100 d10 A7; 50 d3 | waiting interval | -
until its day                      | A3 B15 F30 | | 100 d11 A8; 50 d3 | along A | A 150
about something paid since         | A3 B15 F30 | contact=A7 | 50 d3 | interval | -
long enough ago                    | A3 B15 F30 | contact=A8 | 50 d3 | A | A 50
distance of 0: once a day          | A3/0 B15/0 | | 100 d10 A0; 50 d3 | waiting interval | -
distance of 0: the next day        | A3/0 B15/0 | | 100 d10 A1; 50 d3 | along A | A 150
a note today holds a reminder back | U-7 A3 | | 100 d-7 U0; 50 d3 | waiting interval | -
a note yesterday does not          | U-7 A3 | | 100 d-6 U1; 50 d3 | waiting A | A 50
a note keeps distance from a note  | U-7 A3 | | 100 d-2 U5; 50 d-7 | waiting interval | -
and from a reminder                | U-7 A3 B15 | | 100 d10 A7; 50 d-5 | waiting interval | -
a note names only what comes       | U-7 A3 B15 | | 100 d11 A8; 50 d-5 | waiting U | U 50
another currency, same person      | A3 B15 | | 100 d10 A7; 50chf d3 | waiting interval | -
joins the letter that goes anyway  | A3 B15 F30/3 | | 100 d30 B3; 50 d3 | F A | F 150
with a notice of its own long ago  | A3 B15 F30/3 | | 100 d30 B3; 50 d15 A12 | F B | F 150
not 3 days after its own           | A3 B15 F30/3 | | 100 d30 B3; 50 d15 A3 | F along | F 150
nothing goes anyway, nobody joins  | A3 B15 F30/4 | | 100 d30 B3; 50 d3 | interval interval | -
a note is no letter to join         | U-7/3 A3 B15 | contact=A5 | 100 d3; 50 d-7 | interval U | U 50
# -- time to pay
asked to pay until today           | A3 B8/1 | | 100 d10 A5=5 | deadline | -
the day has passed                 | A3 B8/1 | | 100 d10 A6=5 | B | B 100
counted from that notice           | A3 B5p/1 | | 100 d10 A6=9 | deadline | -
the distance tells it first        | A3 B15 | | 100 d15 A7=9 | interval | -
level not reached anyway           | A3 B15 | | 100 d10 A7=20 | waiting | -
of the latest letter, not of all   | A3 B8/1 C15/1 | | 100 d20 A18=5 B6=7 | deadline | -
a new item does not wait for it    | A3/1 B15 | | 100 d10 A5=9; 50 d3 | along A | A 150
what waits for it is claimed along | A3/1 B8/1 | | 100 d10 A5=9; 50 d3 | along A | A 150
nor another customer's             | A3 B8/1 | | 100 d10 A5=9; x:50 d3 | deadline A | A 50
it joins no letter before          | A3 B15 F30/3 | | 100 d30 B3; 50 d15 A12=14 | F along | F 150
a silent step waits, too           | A3 S10s B15 | | 100 d10 A1=7 | deadline | -
a silent step gives no time        | A3 S10s B15 | | 100 d15 A12 S1=9 | B | B 100
nor does a note before the due date | U-7 A3 | | 100 d3 U10=20 | A | A 100
credits are shared with it         | A3 B8/1 @invoice | | 90 d12 A8=9; 50 d3; -60 | deadline A credit | A 50
# -- a month of downtime: no flood
one level, not all that passed     | A3 B15 F30 | | 100 d45 A42 | B | B 100
the next only after the distance   | A3 B15 F30 | | 100 d52 B7 | interval | -
and then                           | A3 B15 F30 | | 100 d53 B8 | F | F 100
one letter for all that waited     | U-7 A3 B15 | | 9 d60 A30; 8 d33; 7 d5; 6 d-3 | B A A reminded | B 24
nobody was told before             | U-7 A3 B15 | | 9 d60; 8 d33; 7 d5; 6 d-3 | A A A reminded | A 24
# -- silent levels
a silent level keeps no distance   | A3 S10s B15 | | 100 d10 A1 | S | S 100
but no item takes two steps a day  | A3 S10s B15 | | 100 d10 A0 | interval | -
nor a letter after a silent step   | A3 S10s B15 | | 100 d15 A12 S0 | interval | -
and causes none                    | A3 S10s B15 | | 100 d15 A12 S1 | B | B 100
nor does it shorten another's      | A3 S10s B15 | | 100 d15 A7 S1 | interval | -
nobody joins what is not sent      | A3 S10s B15 | | 100 d10 A7; 50 d3 | S along | S 150
words before silence               | A3 S10s B15 | | 100 d11 A8; 50 d3 | S A | A 150
# -- the claim
all that is overdue                | A3 B15 | | 100 d3; 50 d1 | A along | A 150
not what falls due                 | A3 B15 | | 100 d3; 50 d0 | A waiting | A 100
the end of the ladder is listed    | A3 B15 | | 100 d60 B20; 50 d3 | along A | A 150
the highest level gives the words  | A3 B15 F30 | | 9 d30 B15; 8 d15 A15; 7 d3 | F B A | F 24
a reminder before a note           | U-7 A3 | | 100 d3; 50 d-7 | A reminded | A 100
a note beside what waits           | U-7 A3 | | 100 d1; 50 d-7 | waiting U | U 50
unless a credit is shared          | U-7 A3 | | 100 d1; 50 d-7; -20 | along U credit | U 130
credits are deducted               | A3 B15 | | 100 d3; -40 | A credit | A 60
covered to the cent                | A3 B15 | | 100 d3; -100 | covered credit | -
credits larger than the debt       | A3 B15 | | 100 d3; -150 | covered credit | -
credits of all that is overdue     | A3 B15 | | 100 d3; 50 d1; -120 | A along credit | A 30
kept for nothing that is to come   | A3 B15 | | 100 d3; 50 d-20; -120 | covered waiting credit | -
overdue covered: only the note     | U-7 A3 | | 9 d3; 9 d-7; -12 | along U credit | U 6
a credit in another currency       | A3 B15 | | 100 d3; -500chf | A credit | A 100
nothing owed, only a credit        | A3 B15 | | -500 | credit | -
part-paid: the rest                | A3 B15 | | 100 paid=40 d3 | A | A 60
first instalment                   | A3 B15 | | 30 d5; 70 d-25 same | A waiting | A 30
second instalment is an item       | A3 B15 | | 30 d33 A30; 70 d3 same | B A | B 100
a letter per currency              | A3 B15 | | 100 d3; 50chf d3; 25gbp d3 | A A A | A 100 + A 50chf + A 25gbp
# -- minimum
a cent too little                  | A3>50 B15 | | 49.99 d3 | minimum | -
just enough                        | A3>50 B15 | | 50 d3 | A | A 50
ten of nine are ninety             | A3>10 | | 10x9 d3 | A*10 | A 90
one of nine                        | A3>10 | | 9 d3 | minimum | -
what is listed counts, too         | A3>10 | | 9 d3; 2 d1 | A along | A 11
what is not due does not           | A3>10 | | 9 d3; 2 d-1 | minimum waiting | -
credits make it less               | A3>50 | | 60 d3; -11 | minimum credit | -
too little for the second level    | A3 B15>500 | | 100 d20 A8 | minimum | -
the next lower level that is met   | A3 B15>500 | | 100 d20 A8; 50 d3 | along A | A 150
and the one below that             | A3 B15>200 F30>300 | | 9 d40 B9; 9 d20 A9; 9 d3 | along along A | A 27
a note is no step of the reminder  | U-7 A3>50 | | 40 d3; 60 d-7 | minimum U | U 60
50 are 100 Swiss francs            | A3>50 | | 99.99chf d3 | minimum | -
just enough francs                 | A3>50 | | 100chf d3 | A | A 100chf
50 are 25 pounds                   | A3>50 | | 24.99gbp d3 | minimum | -
just enough pounds                 | A3>50 | | 25gbp d3 | A | A 25gbp
each currency for itself           | A3>50 | | 40 d3; 99chf d3; 25gbp d3 | minimum minimum A | A 25gbp
no rate: not taken as one          | A3>50 | | 100xts d3 | no_rate | -
no minimum needs no rate           | A3 | | 100xts d3 | A | A 100xts
two fifths of all that is open     | A3>40% | | 40 d3; 60 d-30 | A waiting | A 40
less than that                     | A3>40% | | 39 d3; 61 d-30 | minimum waiting | -
a share of its own currency only   | A3>40% | | 40 d3; 900chf d-30 | A waiting | A 40
amount met, share not              | A3>10>50% | | 40 d3; 60 d-30 | minimum waiting | -
# -- a letter per invoice, per level, to the head office
an invoice each                    | A3 B15 @invoice | | 100 d3; 50 d3 | A A | A 100 + A 50
instalments of one invoice         | A3 B15 @invoice | | 30 d33; 70 d3 same | A A | A 100
nothing else is listed             | A3 B15 @invoice | | 100 d3; 50 d1 | A waiting | A 100
a credit: the oldest debt first    | A3 B15 @invoice | | 100 d5; 50 d3; -120 | covered A credit | A 30
part of it on each                 | A3 @invoice | | 40 d9; 50 d5; 60 d3; -70 | covered A A credit | A 20 + A 60
older, but not moving: it is first | A3 B15 @invoice | | 90 d12 A8; 50 d3; -60 | waiting A credit | A 50
covers it all                      | A3 B15 @invoice | | 100 d5; 50 d3; -500 | covered covered credit | -
distance of the customer           | A3 B15 @invoice | | 100 d15 A7; 50 d3 | interval interval | -
minimum of each letter             | A3>60 @invoice | | 100 d3; 50 d3 | A minimum | A 100
a reminder before a note           | U-7 A3 @invoice | | 100 d3; 50 d-7 | A reminded | A 100
none goes out: the note does       | U-7 A3>200 @invoice | | 100 d3; 50 d-7 | minimum U | U 50
in another currency it does, too   | U-7 A3 @invoice | | 100 d3; 50chf d-7 | A U | A 100 + U 50chf
the same by level                  | U-7 A3 @level | | 100 d3; 50 d-7 | A reminded | A 100
a level each                       | A3 B15 @level | | 100 d20 A8; 9 d3; 8 d4 | B A A | B 100 + A 17
a credit there: the oldest first   | A3 B15 @level | | 100 d20 A8; 50 d3; -120 | covered A credit | A 30
branches write for themselves      | A3 B15 | | 100 d3; x:50 d3 | A A | A 100 + A 50
one letter to the head office      | A3 B15 @office | | 100 d3; x:50 d3 | A A | A 150
only a branch owes                 | A3 B15 @office | | x:50 d3 | A | A 50
credits of one cover the other     | A3 B15 @office | | 100 d3; x:-30 | A credit | A 70
even wholly                        | A3 B15 @office | | 100 d3; x:-130 | covered credit | -
not without the head office        | A3 B15 | | 100 d3; x:-30 | A credit | A 100
distance of the head office        | A3 B15 @office | | 100 d10 A7; x:50 d3 | waiting interval | -
distance of each                   | A3 B15 | | 100 d10 A7; x:50 d3 | waiting A | A 50
# -- payer profiles
new payers                         | A3[slow:1,chronic:-] B15 | | 100 d1 | waiting | -
slow payers sooner                 | A3[slow:1,chronic:-] B15 | slow | 100 d1 | A | A 100
chronic payers start higher        | A3[slow:1,chronic:-] B15 | chronic | 100 d14 | waiting | -
on that level's day                | A3[slow:1,chronic:-] B15 | chronic | 100 d15 | B | B 100
which may come sooner, too         | A3[chronic:-] B15[chronic:5] | chronic | 100 d5 | B | B 100
good payers later                  | A3[good:10] B15 | good | 100 d9 | waiting | -
# -- pauses
the whole customer                 | A3 B15 | pause | 100 d3; 50 d9 | paused paused | -
on its last day                    | A3 B15 | pause from=-5 to=0 | 100 d3 | paused | -
over since yesterday               | A3 B15 | pause from=-5 to=-1 | 100 d3 | A | A 100
from tomorrow on                   | A3 B15 | pause from=1 | 100 d3 | A | A 100
one item                           | A3 B15 | | 100 d3 paused; 50 d3 | paused A | A 50
a part of an amount                | A3 B15 | | 100 d3 part=40 | A | A 60
a part that is all of it           | A3 B15 | | 100 d3 part=100 | paused | -
a part, and a credit               | A3 B15 | | 100 d3 part=40; -30 | A credit | A 30
the minimum is of what is claimed  | A3>50 | | 100 d3 part=60 | minimum | -
an amount, from the oldest item on | A3 B15 | pause=120 | 50 d3; 100 d9 | A paused | A 30
an amount in another currency      | A3 B15 | pause=120chf | 100 d3; 150chf d3 | A A | A 100 + A 30chf
# -- left alone
marked as no follow-up             | A3 B15 | | 100 d3 nofu; 50 d3 | no_followup A | A 50
blocked for payment                | A3 B15 | | 100 d3 blocked; 50 d3 | blocked A | A 50
a notice waits                     | A3 B15 | draft | 100 d3 | pending | -
it waits in its currency           | A3 B15 | draft | 100 d3; 50chf d3 | pending A | A 50chf
no e-mail: by letter               | A3 B15 | nomail | 100 d3 | A | A 100
no e-mail, no address              | A3 B15 | nomail noaddress | 100 d3 | no_contact | -
no e-mail, no letter wanted        | A3n B15 | nomail | 100 d3 | no_contact | -
a silent level needs no address    | S3s B15 | nomail noaddress | 100 d3 | S | S 100
# -- companies
each its own                       | A3 B15 | | 100 d3; co:50 d3 | A absent | A 100
the other one                      | A3 B15 | for=co | 100 d3; co:50 d3 | absent A | A 50
the other's credit                 | A3 B15 | | 100 d3; co:-500 | A absent | A 100
the other's letter                 | A3 B15 | | 100 d3; co:50 d10 A1 | A absent | A 100
a branch of ours is ours           | A3 B15 | | 100 d3; br:50 d3; br:-20 | A A credit | A 130
its letter is one of ours          | A3 B15 | | 100 d3; br:50 d10 A7 | interval waiting | -
"""  # noqa: E501

# The same, but: by when to pay (a week, else), and whether a manager approves.
NOTICES = """
within a week                      | A3 B15 | | 100 d3 | 2026-04-07
not cut by the next step           | A3 B15/3 | | 100 d13 | 2026-04-07
nor if that is reached already     | A3 B4/1 | | 100 d90 | 2026-04-07
the last level has no next step    | A3 B15 | | 100 d16 A8 | 2026-04-07
nor does a note look for one       | U-3 A3 | | 100 d-3 | 2026-04-07
a Sunday: the Monday after         | A3 B15 | day=2026-03-29 | 100 d3 | 2026-04-07
a Saturday: the Monday after       | A3 B15 | day=2026-04-04 | 100 d3 | 2026-04-13
7 working days over Easter         | A3w | | 100 2026-03-26 | 2026-04-13
Easter Monday: the day after       | A3 @workdays | day=2026-03-30 | 100 d3 | 2026-04-07
its level is approved              | A3a B15 | | 100 d3 | 2026-04-07 approve
the level of the letter counts     | A3a B15 | | 100 d16 A8; 50 d3 | 2026-04-07
also if others are below           | A3 B15a | | 100 d16 A8; 50 d3 | 2026-04-07 approve
"""

LEVEL = re.compile(
    r"([A-Z])(-?\d+)([epwsna]*)(?:/(\d+))?(?:>(\d+)(?!\d*%))?(?:>(\d+)%)?(?:\[(.*)\])?"
)
ITEM = re.compile(r"(?:(\d+)x)?(?:(\w+):)?(-?[\d.]+)([a-z]{3})?(?: (.*))?")


def read_cases(table):
    for line in table.strip().splitlines():
        if not line.startswith("#"):
            yield [column.strip() for column in line.split("|")]


@tagged("post_install", "-at_install")
class TestArDunningCases(ArCollectionsCommon):
    """The ladder by examples: one line each, worked out by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        cls.companies = {
            "": cls.company,
            "x": cls.company,
            "co": cls.other_data["company"],
            "br": cls.branch,
        }
        cls.env.user.company_ids += cls.companies["co"] + cls.branch
        allowed = (cls.company + cls.companies["co"] + cls.branch).ids
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": allowed,
                "tracking_disable": True,
            }
        )
        cls.currencies = {
            "": cls.company.currency_id,
            "chf": cls.setup_other_currency("CHF", rates=[("2020-01-01", 2.0)]),
            "gbp": cls.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)]),
            "xts": cls.setup_other_currency("AUD", rates=[]),
        }
        cls.template = cls.first.mail_template_id
        for day in ("2026-04-03", "2026-04-06"):
            cls.env["resource.calendar.leaves"].create(
                {
                    "name": "Easter",
                    "company_id": cls.company.id,
                    "date_from": f"{day} 00:00:00",
                    "date_to": f"{day} 23:59:59",
                }
            )

    def setUp(self):
        super().setUp()
        self.policies = {}

    # === READING A CASE === #

    def _get_policy(self, ladder):
        if ladder not in self.policies:
            levels, grouping, is_workdays_only = [], "debtor", False
            for word in ladder.split():
                if word == "@workdays":
                    is_workdays_only = True
                elif word.startswith("@"):
                    grouping = word[1:].replace("office", "head_office")
                else:
                    levels.append(Command.create(self._read_level(word, len(levels))))
            self.policies[ladder] = self.env["ar.policy"].create(
                {
                    "name": ladder,
                    "grouping": grouping,
                    "is_workdays_only": is_workdays_only,
                    "level_ids": levels,
                }
            )
        return self.policies[ladder]

    def _read_level(self, word, position):
        match = LEVEL.fullmatch(word)
        name, days, marks, distance, minimum, share, variants = match.groups()
        basis = "due_date"
        if "e" in marks:
            basis = "end_of_month"
        elif "p" in marks:
            basis = "previous_notice"
        return {
            "sequence": position,
            "name": name,
            "delay_days": int(days),
            "delay_basis": basis,
            "day_type": "business" if "w" in marks else "calendar",
            "channel": "none" if "s" in marks else "email",
            "fallback_channel": "none" if "n" in marks else "letter",
            "needs_approval": "a" in marks,
            "min_interval_days": int(distance or 8),
            "min_amount": float(minimum or 0),
            "min_percent": float(share or 0),
            "mail_template_id": self.template.id,
            "variant_ids": [
                Command.create(self._read_variant(*part.split(":"), int(days)))
                for part in (variants or "").split(",")
                if part
            ],
        }

    def _read_variant(self, profile, days, usual):
        skipped = days == "-"
        return {
            "payer_profile": profile,
            "is_skipped": skipped,
            "delay_days": usual if skipped else int(days),
        }

    def _get_level(self, name):
        return self.case_policy.level_ids.filtered(lambda v: v.name == name)

    def _get_debtor(self, who):
        office = self.case_policy.grouping == "head_office"
        partner = self.partners["x" if who == "x" and not office else ""]
        return self.env["ar.debtor"]._get(partner, self.companies[who])

    def _days(self, count):
        return fields.Date.add(self.day, days=int(count))

    # === MAKING IT TRUE === #

    def _prepare(self, ladder, facts, items):
        self.case_policy = self._get_policy(ladder)
        facts = dict((word.split("=") + [True])[:2] for word in facts.split())
        self.day = fields.Date.to_date(facts.pop("day", TODAY))
        office = self._create_customer("Case Ltd")
        branch = self._create_customer("Case Branch Ltd", parent_id=office.id)
        self.partners = {"": office, "x": branch, "co": office, "br": office}
        for who in ("", "x", "co"):
            debtor = self.env["ar.debtor"]._get(self.partners[who], self.companies[who])
            debtor.policy_id = self.case_policy
        lines = self.env["account.move.line"]
        for item in items.split(";"):
            lines += self._create_items(item.strip(), lines)
        company = self.companies[facts.pop("for", "")]
        self._take_facts(facts)
        return company, lines

    def _take_facts(self, facts):
        office = self.partners[""]
        debtor = self._get_debtor("")
        pause = {key: facts.pop(key) for key in ("from", "to") if key in facts}
        for key, value in facts.items():
            if key == "nomail":
                office.email = False
            elif key == "noaddress":
                office.street = False
            elif key == "draft":
                self._create_notice("A", 0, self.env["account.move.line"], "draft")
            elif key == "contact":
                self._create_notice(value[0], value[1:], self.env["account.move.line"])
            elif key == "pause":
                amount, currency = re.fullmatch(
                    r"([\d.]*)([a-z]*)", "" if value is True else value
                ).groups()
                self._create_pause(
                    debtor,
                    amount=float(amount or 0),
                    currency_id=self.currencies[currency].id,
                    date_from=self._days(pause.get("from", -1)),
                    date_to=self._days(pause["to"]) if "to" in pause else False,
                )
            else:
                debtor.write({"profile_manual": key, "profile_reason": "case"})

    def _create_pause(self, debtor, **vals):
        vals.setdefault("date_from", self._days(-1))
        self.env["ar.pause"].create({"debtor_id": debtor.id, "reason": "case", **vals})

    def _create_items(self, text, before):
        count, who, amount, currency, rest = ITEM.fullmatch(text).groups()
        who, amount = who or "", float(amount)
        words = (rest or "").split()
        due = self.day
        for word in words:
            if re.fullmatch(r"d-?\d+", word):
                due = self._days(-int(word[1:]))
            elif re.fullmatch(r"\d{4}-\d\d-\d\d", word):
                due = fields.Date.to_date(word)
        move = self._create_move(
            who, [amount] * int(count or 1), self.currencies[currency or ""], due
        )
        lines = self._receivable(move)
        if "same" in words:
            # what an instalment is: another item of one document
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE account_move_line SET move_id = %s WHERE id = %s",
                    before[-1].move_id.id,
                    lines.id,
                )
            )
            self.env.invalidate_all()
        for word in words:
            self._take_word(who, lines, word)
        return lines

    def _create_move(self, who, amounts, currency, due):
        company = self.companies[who]
        data = self.other_data if who == "co" else self.company_data
        rate = currency._get_conversion_rate(
            currency, company.currency_id, company, self.day
        )
        lines = [
            {
                "account_id": data["default_account_receivable"].id,
                "partner_id": self.partners[who].id,
                "date_maturity": due,
                "amount_currency": amount,
                "balance": company.currency_id.round(amount * rate),
                "currency_id": currency.id,
                "no_followup": False,
            }
            for amount in amounts
        ]
        lines.append(
            {
                "account_id": data["default_account_revenue"].id,
                "amount_currency": -sum(amounts),
                "balance": -sum(line["balance"] for line in lines),
                "currency_id": currency.id,
            }
        )
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "entry",
                    "company_id": company.id,
                    "date": fields.Date.add(min(due, self.day), days=-30),
                    "journal_id": data["default_journal_misc"].id,
                    "line_ids": [Command.create(vals) for vals in lines],
                }
            )
        )
        move.action_post()
        self.assertEqual(move.company_id, company)
        return move

    def _take_word(self, who, lines, word):
        key, _sep, value = word.partition("=")
        if key == "nofu":
            lines.no_followup = True
        elif key == "blocked":
            self.env.flush_all()
            self.env.cr.execute(
                SQL(
                    "UPDATE account_move SET payment_state = 'blocked' WHERE id = %s",
                    lines.move_id.id,
                )
            )
            self.env.invalidate_all()
        elif key in ("paused", "part"):
            debtor = self._get_debtor(who)
            vals = {"line_ids": [Command.set(lines.ids)]}
            self._create_pause(debtor, amount=float(value or 0), **vals)
        elif key == "paid":
            paid = self._create_move(who, [-float(value)], lines.currency_id, self.day)
            (lines + self._receivable(paid)).reconcile()
        elif re.fullmatch(r"[A-Z]\d+", key):
            self._create_notice(key[0], key[1:], lines, who=who, days_to_pay=value)

    def _create_notice(
        self, level, days_ago, lines, state="sent", who="", days_to_pay=""
    ):
        """A notice as a run of that day left it."""
        level, day = self._get_level(level), self._days(-int(days_ago))
        debtor = self._get_debtor(who)
        company = debtor.company_id
        run = self.env["ar.dunning.run"].sudo().create({"company_id": company.id})
        run.write({"state": "done" if state == "sent" else "draft", "date": day})
        notice = (
            self.env["ar.dunning.notice"]
            .sudo()
            .create(
                {
                    "run_id": run.id,
                    "company_id": company.id,
                    "debtor_id": debtor.id,
                    "partner_id": debtor.partner_id.id,
                    "level_id": level.id,
                    "currency_id": (lines.currency_id or company.currency_id).id,
                    "date": day,
                    "date_sent": day if state == "sent" else False,
                    "date_deadline": days_to_pay
                    and fields.Date.add(day, days=int(days_to_pay)),
                    "channel": level.channel,
                    "state": state,
                }
            )
        )
        rank = list(self.case_policy.level_ids.sorted("sequence")).index(level) + 1
        self.env["ar.dunning.notice.line"].sudo().create(
            [
                {
                    "notice_id": notice.id,
                    "move_line_id": line.id,
                    "level_id": level.id,
                    "level_rank": rank,
                    "is_step": True,
                }
                for line in lines
            ]
        )

    # === LOOKING === #

    def _read_decision(self, company, lines):
        """(what becomes of each item, letters), as the table writes it."""
        self.env.flush_all()
        rows = self.env["ar.dunning.engine"]._decide(
            company, self.day, partners=self.partners[""] + self.partners["x"]
        )
        found, letters = {}, {}
        names = {currency.id: key for key, currency in self.currencies.items()}
        for row in rows:
            level = self.env["ar.dunning.level"].browse(row["level_id"])
            verdict = level.name if row["verdict"] == "dun" else row["verdict"]
            self.assertEqual(found.setdefault(row["id"], verdict), verdict)
            if row["notice_level_id"]:
                letter = letters.setdefault(
                    (row["group_id"], row["group_key"], row["currency_id"]),
                    {"listed": 0, "row": row},
                )
                if row["verdict"] in ("dun", "along", "credit"):
                    letter["listed"] += row["amount"]
        told = []
        for (_group, _key, currency), letter in letters.items():
            row = letter["row"]
            # the claim is what is listed, whatever the case
            self.assertAlmostEqual(float(letter["listed"]), float(row["claim"]), 2)
            name = self.env["ar.dunning.level"].browse(row["notice_level_id"]).name
            told.append(f"{name} {float(row['claim']):g}{names[currency]}")
        verdicts = [found.get(line.id, "absent") for line in lines]
        return verdicts, sorted(told)

    def _read_expected(self, verdicts, letters):
        words = []
        for word in verdicts.split():
            name, _sep, count = word.partition("*")
            words += [name] * int(count or 1)
        told = [] if letters == "-" else [text.strip() for text in letters.split("+")]
        return words, sorted(told)

    # === TESTS === #

    def test_cases(self):
        cases = list(read_cases(CASES))
        self.assertGreater(len(cases), 60)
        for what, ladder, facts, items, verdicts, letters in cases:
            with self.subTest(f"{what} | {ladder} | {facts} | {items}"):
                company, lines = self._prepare(ladder, facts, items)
                self.assertEqual(
                    self._read_decision(company, lines),
                    self._read_expected(verdicts, letters),
                )

    def test_notices(self):
        for what, ladder, facts, items, expected in read_cases(NOTICES):
            with self.subTest(f"{what} | {ladder} | {facts} | {items}"):
                self._prepare(ladder, facts, items)
                run = self._preview(
                    fields.Date.to_string(self.day), debtor_ids=self._get_debtor("").ids
                )
                notice = run.notice_ids
                told = str(notice.date_deadline)
                self.assertEqual(told + " approve" * notice.needs_approval, expected)
                self.assertEqual(
                    notice._get_deadline(notice.date), notice.date_deadline
                )

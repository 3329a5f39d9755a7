from . import ar_aging_report_open
from . import ar_charge_proof_print
from . import ar_charge_calculator  # after it: is one of its kind
from . import ar_charge_accrual_create
from . import ar_charge_waiver_create
from . import ar_contact_call
from . import ar_dunning_notice_change
from . import ar_dunning_notice_drop
from . import ar_dunning_notice_proof
from . import ar_dunning_run_start
from . import ar_dunning_run_undo
from . import ar_pause_create
from . import ar_policy_replay
from . import ar_policy_replay_contact
from . import base_import_import
from . import ar_statement_create
from . import base_partner_merge
from . import ar_late_charge_bill

from . import ar_aging_report_open
from . import ar_dunning_notice_change
from . import ar_dunning_notice_drop
from . import ar_dunning_run_start
from . import ar_dunning_run_undo
from . import ar_pause_create
from . import ar_policy_replay
from . import base_partner_merge

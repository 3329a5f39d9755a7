from . import ar_aging_report_open
from . import ar_dunning_notice_drop
from . import ar_dunning_run_start

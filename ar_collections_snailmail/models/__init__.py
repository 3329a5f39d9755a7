from . import ar_dunning_engine
from . import ar_dunning_level
from . import ar_dunning_notice
from . import ar_dunning_notice_state
from . import res_company
from . import res_config_settings
from . import snailmail_letter

from . import test_level
from . import test_sms_failures
from . import test_sms_once
from . import test_sms_rights
from . import test_sms_size
from . import test_story_sms

from . import test_letter_failures
from . import test_letter_once
from . import test_letter_rights
from . import test_story_post

from . import workdays
from . import ubl
from . import ubl_party
from . import ubl_reminder

from . import test_claim_letter
from . import test_claim_message
from . import test_claim_page
from . import test_claim_payment
from . import test_claim_portal
from . import test_claim_security
from . import test_claim_tour

from . import ar_demo, ar_demo_history, ar_demo_language, ar_demo_ledger

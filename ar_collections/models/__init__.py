# SHARED
from . import ar_collector_mixin
from . import ar_wizard_mixin

from . import ar_retry_mixin
from . import ar_root_company_mixin
from . import ar_message_mixin
from . import ar_message_hold
from . import ar_shipped_mixin

# CHARGE
from . import ar_reference_rate
from . import ar_reference_rate_value
from . import ar_reference_rate_chart
from . import ar_charge_terms
from . import ar_charge_terms_rules
from . import ar_charge_terms_words
from . import ar_charge_lump_sum
from . import ar_charge_cost_band

# POLICY
from . import ar_policy
from . import ar_policy_ladder
from . import ar_policy_rule
from . import ar_policy_version
from . import ar_dunning_level
from . import ar_dunning_level_check
from . import ar_dunning_level_variant
from . import ar_dunning_level_words
from . import ar_policy_advice  # after the level: it adds to it
from . import ar_policy_charge  # after the level, too
from . import ar_dunning_level_fee

# DEBTOR
from . import ar_debtor
from . import ar_debtor_policy
from . import ar_debtor_profile
from . import ar_debtor_profile_chart
from . import ar_debtor_profile_manual
from . import ar_debtor_refresh
from . import ar_debtor_todo

# CONTACT
from . import ar_contact
from . import ar_contact_rule
from . import ar_contact_wish
from . import ar_contact_governor
from . import ar_contact_call

# PAUSE
from . import ar_pause
from . import ar_pause_check
from . import ar_pause_log
from . import ar_pause_review

# LEDGER
from . import ar_open_item
from . import ar_opening_item
from . import ar_opening_item_check
from . import ar_opening_item_customer
from . import ar_opening_item_level
from . import ar_opening_item_post

# CHARGE, of items
from . import ar_charge_engine
from . import ar_charge_proof
from . import ar_charge_engine_currency
from . import ar_charge_engine_charged
from . import ar_charge_engine_scope
from . import ar_charge_engine_rows
from . import ar_charge_engine_plain
from . import ar_charge_engine_plan
from . import ar_charge_engine_bill
from . import ar_charge_engine_words
from . import ar_late_charge_line
from . import ar_charge_proof_document
from . import ar_charge_accrual
from . import ar_charge_waiver_reason
from . import ar_charge_waiver
from . import ar_charge_waiver_words
from . import ar_charge_waiver_settle
from . import ar_charge_waiver_discount

# DUNNING
from . import ar_dunning_engine
from . import ar_dunning_engine_count
from . import ar_dunning_engine_days
from . import ar_dunning_engine_reach
from . import ar_dunning_engine_scope
from . import ar_dunning_explain
from . import ar_dunning_explain_notice
from . import ar_dunning_run
from . import ar_bank_gate
from . import ar_dunning_run_decide
from . import ar_dunning_run_night
from . import ar_dunning_run_cleanup
from . import ar_dunning_run_open
from . import ar_dunning_run_figures
from . import ar_dunning_run_totals
from . import ar_dunning_run_undo
from . import ar_dunning_run_background
from . import ar_dunning_notice
from . import ar_dunning_notice_state
from . import ar_dunning_notice_step
from . import ar_dunning_notice_answer
from . import ar_dunning_notice_call
from . import ar_dunning_notice_change
from . import ar_dunning_notice_approval
from . import ar_dunning_notice_fallback
from . import ar_dunning_notice_hold
from . import ar_dunning_notice_message
from . import ar_dunning_notice_file
from . import ar_dunning_notice_letter
from . import ar_dunning_notice_delivery
from . import ar_dunning_notice_channel
from . import ar_dunning_notice_action
from . import ar_reminder_ubl
from . import ar_dunning_notice_proof
from . import ar_dunning_notice_recheck
from . import ar_dunning_notice_line
from . import ar_dunning_skip
from . import ar_charge_figures
from . import ar_charge_payable
from . import ar_debtor_charge
from . import ar_charge_waiver_offer
from . import ar_dunning_notice_fee
from . import ar_recipient
from . import ar_thanks

# INSIGHT
from . import ar_deviation

from . import ar_policy_replay
from . import ar_policy_replay_statements

# STATEMENT
from . import ar_statement
from . import ar_statement_hold
from . import ar_statement_ledger
from . import ar_statement_message
from . import ar_statement_due
from . import ar_statement_delivery

# INHERITED: thin
from . import account_move
from . import account_move_charge  # after it
from . import account_move_line
from . import account_partial_reconcile
from . import ir_actions_report
from . import ir_actions_report_local
from . import ir_qweb
from . import mail_mail
from . import ar_statement_mail  # after it: calls its methods
from . import ar_dunning_notice_statement
from . import res_company
from . import res_company_charge
from . import resource_calendar
from . import res_config_settings
from . import res_partner

from . import ar_dunning_notice

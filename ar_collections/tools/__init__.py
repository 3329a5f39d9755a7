from . import workdays

# One line for each module: tests/unit/test-foo is made of tests/unit/test-foo.c.

unit_tests =
unit_tests += %D%/test-deadlines

check_PROGRAMS += $(unit_tests)
enjamb_tests += $(unit_tests)

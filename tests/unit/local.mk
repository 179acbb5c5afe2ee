# One line for each module: tests/unit/test-foo is made of tests/unit/test-foo.c.

unit_tests =
unit_tests += %D%/test-address
unit_tests += %D%/test-bytes
unit_tests += %D%/test-chance
unit_tests += %D%/test-condition
unit_tests += %D%/test-configuration
unit_tests += %D%/test-deadlines
unit_tests += %D%/test-dialback
unit_tests += %D%/test-dialback-key
unit_tests += %D%/test-element
unit_tests += %D%/test-escape
unit_tests += %D%/test-features
unit_tests += %D%/test-file
unit_tests += %D%/test-handshake
unit_tests += %D%/test-header
unit_tests += %D%/test-jid
unit_tests += %D%/test-journal
unit_tests += %D%/test-keyfile
unit_tests += %D%/test-legal
unit_tests += %D%/test-log
unit_tests += %D%/test-notify
unit_tests += %D%/test-parse
unit_tests += %D%/test-policy
unit_tests += %D%/test-rate
unit_tests += %D%/test-realm
unit_tests += %D%/test-receipt
unit_tests += %D%/test-stanza
unit_tests += %D%/test-stream
unit_tests += %D%/test-stream-error
unit_tests += %D%/test-token
unit_tests += %D%/test-waiting

check_PROGRAMS += $(unit_tests)
enjamb_tests += $(unit_tests)

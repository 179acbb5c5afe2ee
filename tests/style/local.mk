# The house rules that a machine can check; the files without suffix are their tables.

style_tests =
style_tests += %D%/constant-time.sh
style_tests += %D%/exports.sh
style_tests += %D%/exposure.sh
style_tests += %D%/floors.sh
style_tests += %D%/limits.sh
style_tests += %D%/manual-keys.sh
style_tests += %D%/manual-library.sh
style_tests += %D%/readme.sh
style_tests += %D%/sizes.sh
style_tests += %D%/tested.sh

enjamb_tests += $(style_tests)
EXTRA_DIST += $(style_tests) %D%/floors %D%/limits.list %D%/sizes-exempt %D%/tested-elsewhere

# A table, which make would make of floors.sh by a rule of its own.
%D%/floors: ;

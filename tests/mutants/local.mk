# Each fault of the list turns a named test red: all by "make mutants", some by "make check-long".

mutants: all
	$(PYTHON3) -B $(top_srcdir)/%D%/run
.PHONY: mutants

enjamb_tests += %D%/fits.sh
LONG_TESTS += %D%/some.sh
EXTRA_DIST += %D%/fits.sh %D%/run %D%/list

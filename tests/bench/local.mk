# Run by "make bench" only.

bench_programs =
bench_programs += %D%/bench-control
bench_programs += %D%/bench-core
bench_programs += %D%/bench-hosted
bench_programs += %D%/bench-loop
bench_programs += %D%/bench-lookout
bench_programs += %D%/bench-streams

EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
EXTRA_DIST += %D%/run

bench: $(bench_programs)
	$(SHELL) $(srcdir)/%D%/run $(bench_programs)
.PHONY: bench

#!/bin/sh
# The same as test-world-chance with a hundred times as many seeds; run by check-long.
ENJ_TEST_SEEDS=${ENJ_TEST_SEEDS:-10000}
export ENJ_TEST_SEEDS
exec "${G_TEST_BUILDDIR:-.}/tests/world/test-world-chance" --tap

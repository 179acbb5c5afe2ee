# Dialogues with the machines, each played four ways; a transcript is data, no line here.

check_PROGRAMS += %D%/test-transcripts
enjamb_tests += %D%/test-transcripts
%C%_test_transcripts_SOURCES = %D%/player.c
EXTRA_DIST += %D%

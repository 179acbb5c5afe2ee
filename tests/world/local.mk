# Whole bridges in memory: names, connections and time are the world's.

check_LTLIBRARIES += libtestworld.la
libtestworld_la_SOURCES =
libtestworld_la_SOURCES += %D%/linked.c %D%/linked.h
libtestworld_la_SOURCES += %D%/names.c %D%/names.h
libtestworld_la_SOURCES += %D%/settings.c %D%/settings.h
libtestworld_la_SOURCES += %D%/wires.c %D%/wires.h
libtestworld_la_SOURCES += %D%/world.c %D%/world.h

world_tests =
world_tests += %D%/test-world-bidi
%C%_test_world_bidi_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-bounce
%C%_test_world_bounce_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-chance
%C%_test_world_chance_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-dialback
%C%_test_world_dialback_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-link
%C%_test_world_link_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-loss
%C%_test_world_loss_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-proof
%C%_test_world_proof_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-questions
%C%_test_world_questions_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-queue
%C%_test_world_queue_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-storm
%C%_test_world_storm_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-succession
%C%_test_world_succession_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-targets
%C%_test_world_targets_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-rest
%C%_test_world_rest_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-room
%C%_test_world_room_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-sharing
%C%_test_world_sharing_LDADD = libtestworld.la $(LDADD)
world_tests += %D%/test-world-ways
%C%_test_world_ways_LDADD = libtestworld.la $(LDADD)

check_PROGRAMS += $(world_tests)
enjamb_tests += $(world_tests)
LONG_TESTS += %D%/chance.sh

/* configs.h - a configuration from text, for tests of what is made of it. */
#pragma once

#include "component/configuration.h"

/* Relative paths in @text lead into a folder that is gone afterwards.  Fails
 * the test where the text is faulty. */
EnjConfig *enj_test_config_new (const char *text);

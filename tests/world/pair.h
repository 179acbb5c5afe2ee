/* pair.h - two servers of a world that find each other by their names, and by also.* of them. */
#pragma once

#include "tests/world/world.h"

#define HERE "here.example"
#define THERE "there.example"
#define ALSO_HERE "also." HERE
#define ALSO_THERE "also." THERE

typedef struct
{
  EnjWorld *world; /* to be freed, and all with it */
  EnjWorldServer *here;
  EnjWorldServer *there;
} EnjPair;

/* @limits are those of here; NULL for the usual ones. */
EnjPair enj_pair_new (EnjEncryption encryption, const EnjLimits *limits);

#include "config.h"

#include "tests/world/pair.h"

EnjPair
enj_pair_new (EnjEncryption encryption, const EnjLimits *limits)
{
  EnjPair self = { .world = enj_world_new () };

  self.here = enj_world_add (self.world, HERE, encryption, limits);
  self.there = enj_world_add (self.world, THERE, encryption, NULL);
  enj_world_add_address (self.world, HERE, &self.here->address);
  enj_world_add_address (self.world, ALSO_HERE, &self.here->address);
  enj_world_add_address (self.world, THERE, &self.there->address);
  enj_world_add_address (self.world, ALSO_THERE, &self.there->address);
  return self;
}

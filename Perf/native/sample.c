/* Figures and shapes by name. */
#include <string.h>

#include "peers.h"

double peers_sample_target(const char *figure, const char *shape, uint32_t count, const struct peers_target *target)
{
    if (count == 0)
        return -1;
    if (strcmp(figure, "ring_idle_1t") == 0)
        return peers_ring_idle(shape, 1, count, target);
    if (strcmp(figure, "ring_idle_2t") == 0)
        return peers_ring_idle(shape, 2, count, target);
    if (strcmp(figure, "ring_sleeper") == 0)
        return peers_ring_sleeper(shape, count);
    return peers_hand_over(figure, shape, count);
}

double peers_sample(const char *figure, const char *shape, uint32_t count, nvmedb_doorbells *view)
{
    struct peers_target target = {view, 0, NULL};
    return peers_sample_target(figure, shape, count, &target);
}

# Cobertura in, a table out: line and branch coverage by layer, the layer being the folder of Core that a file is in.
# A line that is listed twice (a method in two closures) counts once, covered if either is.
#
#   -v goals="lines:Core:90 branches:Doorbells:100"   what has to be reached, in per cent; a line for each says whether it is
#
# Exit code: 1 where nothing was measured, 2 where a goal is missed.

function attribute(name,    start, rest) {
    start = index($0, " " name "=\"")
    if (start == 0)
        return ""
    rest = substr($0, start + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

/<class / {
    file = attribute("filename")
    gsub(/\\/, "/", file)
    layer = file
    sub(/.*Core\//, "", layer)
    sub(/\/[^\/]*$/, "", layer)
}

/<line / {
    key = file ":" attribute("number")
    if (!(key in layer_of)) {
        layer_of[key] = layer
        lines[layer]++
    }
    if (attribute("hits") + 0 > 0 && !(key in covered)) {
        covered[key] = 1
        hit_lines[layer]++
    }
    # condition-coverage="50% (1/2)"
    if (split(attribute("condition-coverage"), part, /[(\/)]/) >= 3) {
        if (part[3] + 0 > all[key]) all[key] = part[3] + 0
        if (part[2] + 0 > taken[key]) taken[key] = part[2] + 0
    }
}

function row(name, hit, total, hit_b, total_b) {
    share["lines:" name] = total ? 100 * hit / total : 100
    share["branches:" name] = total_b ? 100 * hit_b / total_b : 100
    printf "%-12s %7d %7.1f %%   %7d %7.1f %%\n", name, total, total ? 100 * hit / total : 100, \
        total_b, total_b ? 100 * hit_b / total_b : 100
}

END {
    for (key in all) {
        branches[layer_of[key]] += all[key]
        hit_branches[layer_of[key]] += taken[key]
    }
    printf "%-12s %7s %9s   %7s %9s\n", "layer", "lines", "covered", "branches", "covered"
    count = split("Memory Spec Doorbells Queues Storage Controller Pci", order, " ")
    for (i = 1; i <= count; i++) {
        name = order[i]
        if (!(name in lines))
            continue
        row(name, hit_lines[name], lines[name], hit_branches[name], branches[name])
        l += lines[name]; hl += hit_lines[name]; b += branches[name]; hb += hit_branches[name]
    }
    row("Core", hl, l, hb, b)
    # A report without a line has measured nothing.
    if (l == 0)
        exit 1
    missed = 0
    count = split(goals, goal, " ")
    for (i = 1; i <= count; i++) {
        split(goal[i], part, ":")
        name = part[1] ":" part[2]
        is_reached = name in share && share[name] >= part[3]
        printf "%s %s of %s: %.1f %%, the goal is %d %%\n", is_reached ? "ok" : "FAILED", part[1], part[2], share[name], part[3]
        missed += !is_reached
    }
    exit missed ? 2 : 0
}

# README in, README out: each code block after a line "<!-- PATH -->" becomes the file of that path.
/^<!-- [^ ]+ -->$/ { path = $2 }
/^```[a-z]+$/ && path != "" {
    print
    while ((getline line < path) > 0) print line
    close(path)
    path = ""
    skipping = 1
    next
}
/^```$/ { skipping = 0 }
!skipping

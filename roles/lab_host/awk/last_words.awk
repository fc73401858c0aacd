# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# last_words.awk CONSOLE: the last lines that the kernel and systemd wrote on a lab host's console before its last reset.
# A reset shows there as the kernel's clock going back: each boot writes at least one line with a time.
{
    gsub(/\033\[[0-9;?!]*[A-Za-z]|\033[^[]|[\001-\010\013-\037\177]/, "")  # what a terminal would obey
    if (match($0, /\[ *[0-9]+\.[0-9]+\]/)) {
        now = substr($0, RSTART + 1, RLENGTH - 2) + 0
        if (now < before) reset = NR
        before = now
    }
    if ($0 ~ /[^ ]/) line[NR] = substr($0, 1, 300)
}
END {
    end = reset ? reset - 1 : NR
    for (at = end; at > 0 && found < (most ? most : 25); at--) if (at in line) { found++; begin = at }
    for (at = begin; at && at <= end; at++) if (at in line) print line[at]
}

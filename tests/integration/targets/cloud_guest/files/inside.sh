# inside.sh PASSWORD TOOL...: says in one line each what a prepared cloud image is from inside. Read by sshd's shell.
# shellcheck shell=sh disable=SC2046,SC2086,SC2116
password=$1
shift
say() { echo "$1 $(echo $2)"; }
say root "$(passwd --status root | cut -d' ' -f2)"
say size "$(df --output=size --block-size=1M / | tail -n 1)"
say fs "$(findmnt --noheadings --output FSTYPE /)"
say failed "$(systemctl --failed --plain --no-legend)"
say cloud-init "$(cloud-init status)"
say tools "$(command -v ethtool lspci qemu-ga iperf3 netserver "$@" | wc -l)"
say identity "$(journalctl --boot --quiet --output cat | grep 'Initializing machine ID')"
say home "$(ls /root)"
say sources "$(cd /etc/apt && find sources.list* -type f)"
say components "$(grep -h ^Components /etc/apt/sources.list.d/*.sources | sort -u)"
say mirrors "$(cat /etc/apt/mirrors/*)"
say proxies "$(apt-config dump | grep -i ::proxy)"
say resolver "$(readlink /etc/resolv.conf)"
say label "$(python3 -c 'import os; print(os.getxattr("/etc/systemd/system/virtio-lab-grow.service", "security.selinux"))' 2>&1 | tail -n 1)"
say su "$(printf '%s\n' "$password" | setpriv --reuid=nobody --clear-groups su --command 'id -u' 2>&1 | tail -n 1)"

#!/bin/sh
# The keys and defaults of the program are those of enjamb.conf(5) and of data/enjamb.conf.
cd "${srcdir:-.}" || exit 99
echo 1..2
awk '
  function fault(what, text) { print "# " text; bad[what] = 1 }

  # The program: { "group", "key", "default" }, and X (field, "key", default, low, high).
  FILENAME ~ /options\.c$/ && /^ *\{ "[a-z]+", "/ {
    split($0, part, "\"")
    known[part[2] " " part[4]] = part[6]
  }
  FILENAME ~ /limits\.h$/ && /^ *X \([a-z_]+, "/ {
    split($0, part, "\"")
    split(part[3], number, ", *")
    known["limits " part[2]] = number[2]
  }

  # The manual: .Ss [group NAME], what it is; .It Cm key at the outer list, "Default:", .Ql default.
  FILENAME ~ /\.5$/ && /^\.S[hs] / {
    group = ""
    if ($2 ~ /^\[/) { group = $2; gsub(/[][,]/, "", group) }
    depth = 0
  }
  FILENAME ~ /\.5$/ && /^\.Bl/ { depth++ }
  FILENAME ~ /\.5$/ && /^\.El/ { depth-- }
  FILENAME ~ /\.5$/ && group != "" && depth == 1 && /^\.It Cm/ {
    key = group " " $3
    if (key in manual) fault("manual", "enjamb.conf(5) has " key " twice")
    manual[key] = ""
    told[key] = 0
  }
  FILENAME ~ /\.5$/ && group != "" && /^Default:/ { told[key] = 1 }
  FILENAME ~ /\.5$/ && group != "" && /^\.Ql/ && last == "Default:" { manual[key] = $2 }
  FILENAME ~ /\.5$/ { last = $0 }

  # The sample: [group NAME], key = value, and what is commented out is the default.
  FILENAME ~ /enjamb\.conf$/ && /^#?\[/ {
    group = $1
    gsub(/[][#]/, "", group)
  }
  FILENAME ~ /enjamb\.conf$/ && /^(#|# or )?[a-z-]+ =/ {
    key = $0
    sub(/^# or /, "", key)
    sub(/^#/, "", key)
    sub(/ =.*/, "", key)
    value = $0
    sub(/^[^=]*= */, "", value)
    key = group " " key
    sample[key] = 1
    if ($0 ~ /^#[a-z]/ && key in known && known[key] != "" && value != known[key])
      fault("sample", "data/enjamb.conf: " key " = " value ", but the default is " known[key])
  }

  END {
    for (key in known) {
      n++
      if (!(key in manual))
        fault("manual", "enjamb.conf(5) does not have " key)
      else if (!told[key])
        fault("manual", "enjamb.conf(5) tells no default of " key)
      else if (manual[key] != known[key])
        fault("manual", "enjamb.conf(5): the default of " key " is not " manual[key])
      if (!(key in sample))
        fault("sample", "data/enjamb.conf does not have " key)
    }
    for (key in manual) if (!(key in known)) fault("manual", "enjamb.conf(5): there is no " key)
    for (key in sample) if (!(key in known)) fault("sample", "data/enjamb.conf: there is no " key)
    print ("manual" in bad || n == 0 ? "not ok" : "ok") " 1 - enjamb.conf(5) has every key"
    print ("sample" in bad || n == 0 ? "not ok" : "ok") " 2 - data/enjamb.conf has every key"
    for (what in bad) exit 1
  }' component/options.c protocol/limits.h data/enjamb.conf.5 data/enjamb.conf

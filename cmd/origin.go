package cmd

// origin is where a setting comes from.
type origin struct {
	kind    originKind
	name    string // the variable or the file
	profile string // of the file; "" where the setting stands outside of profiles
}

type originKind string

const (
	fromDefault     originKind = "default"
	fromFlag        originKind = "flag"
	fromEnvironment originKind = "environment"
	fromFile        originKind = "file"
	fromJob         originKind = "job" // its file; of a push of one
)

// inFile is the origin of a key of the config file.
func (conf *configuration) inFile(key string) origin {
	o := origin{kind: fromFile, name: conf.file}
	if _, ok := conf.profileKeys[key]; ok {
		o.profile = conf.profile
	}
	return o
}

// of is where the setting of a flag comes from.
func (conf *configuration) of(flag string) origin {
	if o, ok := conf.origins[flag]; ok {
		return o
	}
	if conf.explicit[flag] {
		return origin{kind: fromFlag, name: "--" + flag}
	}
	return origin{kind: fromDefault}
}

// String is the origin in words.
func (o origin) String() string {
	switch {
	case o.kind == fromDefault:
		return "default"
	case o.kind == fromEnvironment:
		return o.name + " in the environment"
	case o.profile != "":
		return o.name + ", profile " + o.profile
	}
	return o.name
}

// tokenOrigin is where the token comes from; the default where there is none.
func (conf *configuration) tokenOrigin(s *settings) origin {
	switch from := conf.tokenFrom(s.tokenFile); {
	case from.file != "":
		return conf.of("token-file")
	case from.variable != "":
		return origin{kind: fromEnvironment, name: envPrefix + "TOKEN"}
	case from.command != "":
		return conf.inFile(keyTokenCommand)
	}
	return origin{kind: fromDefault}
}

// tokenText is where the token comes from, in words.
func (conf *configuration) tokenText(s *settings) string {
	from := conf.tokenFrom(s.tokenFile)
	o := conf.tokenOrigin(s)
	switch {
	case from.file != "":
		return from.file + " (" + o.String() + ")"
	case from.command != "":
		return keyTokenCommand + " (" + o.String() + ")"
	case from.variable != "":
		return o.String()
	}
	return "none"
}

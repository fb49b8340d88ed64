# SPDX-License-Identifier: GPL-2.0-only
#
# KernelCI: its validation of our entries, the job that it makes of them, and the names that it
# gives to our results.

# shellcheck disable=SC2034,SC2154 # shared with consumers.sh and fixture.sh
load consumers.sh
BATS_TEST_DIRNAME=$top/selfcheck/runner
load ../runner/fixture.sh

kci() { PYTHONPATH=$KERNELCI_CORE /usr/bin/python3 "$top/selfcheck/consumers/kci.py" "$@"; }

# $config: its configuration with our entries in their places.
setup_config()
{
	need KERNELCI_PIPELINE tests/validate_yaml.py
	cd "$BATS_TEST_TMPDIR"
	cp -R "$KERNELCI_PIPELINE/config" config
	mkdir -p config/runtime/tests
	cp "$top/lava/kernelci/kvm-conformance.yaml" config
	cp "$top/lava/kernelci/kvm-conformance.jinja2" config/runtime/tests
}

@test "its own check of all entries finds no fault with ours" {
	setup_config
	/usr/bin/python3 "$KERNELCI_PIPELINE/tests/validate_yaml.py" > log 2>&1 || {
		tail log
		return 1
	}
	grep -qx 'All yaml files are valid' log
	[ -z "$(grep 'kvm-conformance is not used' log)" ]
	# What starts it is built.
	event=$(sed -n 's/^      name: kbuild-/kbuild-/p' "$top/lava/kernelci/kvm-conformance.yaml")
	grep -q "^  - job: $event\$" config/scheduler.yaml
}

@test "it makes a LAVA job of them, with our test definition and its parameters" {
	need KERNELCI_CORE kernelci/runtime/lava.py
	setup_config
	python3 -c 'import pydantic; pydantic.BaseModel.model_validate' 2> /dev/null ||
		skip "its configuration needs pydantic 2, which is in Debian from 13 on"
	sed -n 's/^      - //p' config/kvm-conformance.yaml > platforms
	[ -s platforms ]
	while read -r platform; do
		kci job "$platform" "$KERNELCI_CORE/config" > job.yaml
		/usr/bin/python3 - job.yaml "$top/lava/kvm-conformance.yaml" <<-'EOF'
			import sys, yaml
			job, ours = (yaml.safe_load(open(path)) for path in sys.argv[1:])
			test = job["actions"][-1]["test"]
			definition, = test["definitions"]
			assert definition["path"] == "lava/kvm-conformance.yaml"
			assert definition["name"] == "kvm-conformance"
			assert set(definition["parameters"]) <= set(ours["params"]), definition
			assert definition["parameters"]["TARBALL"].endswith(".tar.xz")
		EOF
	done < platforms
}

@test "its names for our results have each part once" {
	need KERNELCI_CORE kernelci/runtime/lava.py
	setup_suite_dir
	needs=no-cap binary x86/tests t.passes t.fails t.skips <<-'EOT'
		t_passes() { :; }
		t_fails() { return 1; }
		t_skips() { reason=no-cap; return 4; }
	EOT
	runner -o "$out" --lava > "$out.tap" 2> /dev/null || same 1 $?
	kci results "$out/result.txt" > "$out.nodes" 2> "$out.log" || {
		cat "$out.log"
		return 1
	}
	grep -v '^DEBUG' "$out.nodes" | LC_ALL=C sort | diff - <(sed 's/^/kvm-conformance./' "$out/result.txt" |
		LC_ALL=C sort)
	# What KCIDB takes for a path.
	[ -z "$(grep -v '^DEBUG' "$out.nodes" | cut -d ' ' -f 1 | grep -vE '^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$')" ]
}

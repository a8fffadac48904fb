# The packages of ./build.sh pack, and a trial of each as its user would: from the package alone.

PACKAGES="$ARTIFACTS/packages"
TRIAL="$ARTIFACTS/package-trial"
EXAMPLES="$ROOT/Interop/examples"
VERSION=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$ROOT/Directory.Build.props")
NATIVE_NAME="nvmedoorbell-$VERSION-linux-$(uname -m)"

pack_nuget() {
    needs_sdk
    rm -rf "$PACKAGES"
    # Output of its own: a continuous-integration build names its sources otherwise than the build that tests use.
    quiet "NuGet package" pack-nuget dotnet pack "$ROOT/Core" -c Release -o "$PACKAGES" \
        --artifacts-path "$ARTIFACTS/pack" \
        -p:ContinuousIntegrationBuild=true -v quiet -clp:NoSummary -warnaserror
}

# The same names, order, owners and times whenever and wherever it is packed from the same files.
tar_up() {
    tar -C "$ARTIFACTS/stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime='2000-01-01 00:00Z' -cf - "$1" |
        gzip -n >"$PACKAGES/$1.tar.gz"
}

pack_native() {
    build_native
    rm -rf "$ARTIFACTS/stage"
    quiet "native tarball" pack-native env LIB_DIR="$NATIVE_DIR" bash "$ROOT/Interop/install.sh" \
        "$ARTIFACTS/stage/$NATIVE_NAME"
    cp "$ROOT/LICENSE" "$ROOT/README.md" "$ARTIFACTS/stage/$NATIVE_NAME/"
    tar_up "$NATIVE_NAME"
}

# expect NAME EXPECTED COMMAND...: the program prints what the example's .expected file says.
expect() {
    local name=$1 expected=$2 actual code=0
    shift 2
    actual=$("$@" 2>&1) || code=$?
    [ "$code" -eq 0 ] && [ "$actual" = "$(cat "$expected")" ] ||
        die "$name, built from the package, ended with exit code $code and printed: $actual"
}

# A project outside the tree's build properties, with a package folder of its own: nothing cached passes for new.
try_nuget() {
    rm -rf "$TRIAL/csharp"
    mkdir -p "$TRIAL/csharp"
    echo '<Project />' | tee "$TRIAL/csharp/Directory.Build.props" >"$TRIAL/csharp/Directory.Packages.props"
    cat >"$TRIAL/csharp/nuget.config" <<CONFIG
<configuration>
  <config><add key="globalPackagesFolder" value="packages" /></config>
  <packageSources><add key="packed" value="$PACKAGES" /></packageSources>
</configuration>
CONFIG
    cat >"$TRIAL/csharp/Trial.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="NvmeDoorbell.Core" Version="$VERSION" />
  </ItemGroup>
</Project>
PROJECT
    cp "$EXAMPLES/csharp/Program.cs" "$TRIAL/csharp/"
    quiet "trial of the NuGet package" try-nuget \
        dotnet build "$TRIAL/csharp" -c Release -o "$TRIAL/csharp/out" -v quiet -clp:NoSummary -warnaserror
    expect "the C# example" "$EXAMPLES/csharp/Program.expected" dotnet "$TRIAL/csharp/out/Trial.dll"
}

NVMEDB_NAME="nvmedb-$VERSION-linux-$(uname -m)"

pack_nvmedb() {
    build_nvmedb
    mkdir -p "$ARTIFACTS/stage/$NVMEDB_NAME"
    cp "$NVMEDB" "$ROOT/LICENSE" "$ROOT/docs/vfio-user.md" "$ARTIFACTS/stage/$NVMEDB_NAME/"
    tar_up "$NVMEDB_NAME"
}

try_nvmedb() {
    rm -rf "$TRIAL/nvmedb"
    mkdir -p "$TRIAL/nvmedb"
    tar -C "$TRIAL/nvmedb" -xzf "$PACKAGES/$NVMEDB_NAME.tar.gz"
    quiet "trial of nvmedb" try-nvmedb \
        env NVMEDB="$TRIAL/nvmedb/$NVMEDB_NAME/nvmedb" bash "$ROOT/Interop/VfioUser/test.sh"
}

try_native() {
    say "trial of the native tarball"
    rm -rf "$TRIAL/native"
    mkdir -p "$TRIAL/native"
    tar -C "$TRIAL/native" -xzf "$PACKAGES/$NATIVE_NAME.tar.gz"
    local prefix="$TRIAL/native/$NATIVE_NAME"
    gcc -std=c11 -Wall -Wextra -Werror -I "$prefix/include" -o "$TRIAL/native/doorbells" "$EXAMPLES/doorbells.c" \
        -L "$prefix/lib" -lnvmedoorbell -Wl,-rpath,"$prefix/lib"
    expect "the C example" "$EXAMPLES/doorbells.expected" "$TRIAL/native/doorbells"
}

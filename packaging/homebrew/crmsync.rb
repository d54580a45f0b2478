class Crmsync < Formula
  desc "Bulk sync of CSV, NDJSON and Excel files into a CRM"
  homepage "https://github.com/crmsync/crmsync"
  url "https://github.com/crmsync/crmsync/releases/download/v@VERSION@/crmsync-@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "go" => :build

  def install
    ENV["CGO_ENABLED"] = "0"
    ldflags = %W[
      -X github.com/crmsync/crmsync/cmd.version=#{version}
      -X github.com/crmsync/crmsync/cmd.commit=@COMMIT@
      -X github.com/crmsync/crmsync/cmd.date=#{time.iso8601}
    ]
    system "go", "build", *std_go_args(ldflags:)
    generate_completions_from_executable(bin/"crmsync", shell_parameter_format: :cobra)
    system "go", "run", "./internal/reference", "man", "man"
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match "crmsync #{version}\n", shell_output("#{bin}/crmsync version")
    (testpath/"products.csv").write "sku,name\nA-1,Linen Dress\n"
    assert_match "= 1 created", shell_output("#{bin}/crmsync push products.csv --match sku --sandbox")
  end
end

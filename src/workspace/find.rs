//! From what people call a record to the record: one of that id, wherever it lies.

use super::{CaseRef, DsrRef, Loaded, Workspace, layout};
use crate::error::{Error, Result};
use crate::fs::FileKind;
use crate::model::{AccessRequest, Id};
use crate::text;
use std::io;
use std::path::Path;

impl Workspace {
    /// The case that `ID` or `TENANT/ID` names.
    ///
    /// # Errors
    /// There is none, there are several (all are listed), or the words are not ids.
    pub fn find_case(&self, named: &str) -> Result<CaseRef> {
        let bad = |error: crate::model::BadId| Error::Usage {
            message: error.to_string(),
            hint: Some("a case is named ID or TENANT/ID".to_owned()),
        };
        let (tenant, id) = match named.split_once('/') {
            Some((tenant, id)) => (Some(Id::new(tenant).map_err(bad)?), Id::new(id).map_err(bad)?),
            None => (None, Id::new(named).map_err(bad)?),
        };
        let tenants = match tenant {
            Some(tenant) => vec![self.tenant(&tenant)?.value.domain],
            None => self.ids(&layout::tenants())?.0,
        };
        let mut found = Vec::new();
        // Digits have no case: the directory of such a name is the only one that can be meant.
        if id.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            let dir = layout::tenants();
            let above = self.fs.open_dir(&dir).map_err(|error| self.io("read", &dir, error))?;
            for tenant in &tenants {
                let case = CaseRef { tenant: tenant.clone(), id: id.clone() };
                // Of thousands of tenants almost none has it: one call of the kernel each.
                let below = Path::new(tenant.as_str()).join("cases").join(id.as_str());
                let dir = layout::case_dir(&case);
                match above.stat_below(&below).and_then(|_| self.fs.stat(&dir)) {
                    Ok(stat) if stat.kind == FileKind::Dir => found.push(case),
                    Ok(_) => {}
                    Err(error)
                        if matches!(
                            error.kind(),
                            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                        ) => {}
                    // It may have a case of this id as well: then nothing is the only one.
                    Err(error) => return Err(self.io("read", &dir, error)),
                }
            }
        }
        let mut known = Vec::new();
        for tenant in if found.is_empty() { tenants } else { Vec::new() } {
            for case in self.case_ids(&tenant)?.0 {
                if case == id {
                    found.push(CaseRef { tenant: tenant.clone(), id: case });
                } else if self.sees(&tenant) {
                    known.push(case.as_str().to_owned());
                }
            }
        }
        self.one_of("case", &id, found, |case| &case.tenant, &known, "caseward case list")
    }

    /// The one record of an id. Whoever may know of some tenants only is not told of those of others:
    /// it is as if theirs were all.
    fn one_of<R: ToString>(
        &self,
        what: &str,
        id: &Id,
        mut found: Vec<R>,
        tenant: impl Fn(&R) -> &Id,
        known: &[String],
        list: &str,
    ) -> Result<R> {
        if found.len() > 1 {
            found.retain(|one| self.sees(tenant(one)));
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(unknown(what, id.as_str(), known.iter().map(String::as_str), list)),
            _ => Err(ambiguous(id, &found)),
        }
    }

    /// The access request of that id, wherever its case is.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn find_access_request(&self, sar: &Id) -> Result<(CaseRef, Loaded<AccessRequest>)> {
        // The index may know where it is; what it says there is read from the file.
        if let Some(case) = self.indexed_case_of(sar)
            && let Ok(Some(request)) =
                self.load::<AccessRequest>(&layout::access_request(&case, sar))
            && request.value.id == *sar
        {
            return Ok((case, request));
        }
        let mut known = Vec::new();
        for tenant in self.ids(&layout::tenants())?.0 {
            for id in self.case_ids(&tenant)?.0 {
                let case = CaseRef { tenant: tenant.clone(), id };
                for request in self.access_requests(&case)?.0 {
                    if request.value.id == *sar {
                        return Ok((case, request));
                    }
                    if self.sees(&tenant) || self.sees(&request.value.resource_tenant) {
                        known.push(request.value.id.as_str().to_owned());
                    }
                }
            }
        }
        Err(unknown(
            "access request",
            sar.as_str(),
            known.iter().map(String::as_str),
            "caseward access list --all",
        ))
    }

    /// The data subject request that `ID` or `TENANT/ID` names.
    ///
    /// # Errors
    /// There is none, or several.
    pub fn find_dsr(&self, named: &str) -> Result<DsrRef> {
        let (only, word) = match named.split_once('/') {
            Some((tenant, id)) => (Some(tenant), id),
            None => (None, named),
        };
        let id = Id::new(word).map_err(|error| Error::usage(error.to_string()))?;
        let mut found = Vec::new();
        let mut known = Vec::new();
        for tenant in self.ids(&layout::tenants())?.0 {
            if only.is_some_and(|only| tenant != *only) {
                continue;
            }
            for dsr in self.ids(&layout::dsrs(&tenant))?.0 {
                if dsr == id {
                    found.push(DsrRef { tenant: tenant.clone(), id: dsr });
                } else if self.sees(&tenant) {
                    known.push(dsr.as_str().to_owned());
                }
            }
        }
        let what = "data subject request";
        self.one_of(what, &id, found, |dsr| &dsr.tenant, &known, "caseward dsr list")
    }
}

/// An id that several records bear.
fn ambiguous(id: &Id, found: &[impl ToString]) -> Error {
    let candidates: Vec<String> = found.iter().map(ToString::to_string).collect();
    Error::Usage {
        message: format!("the id {id} is ambiguous: {}", candidates.join(", ")),
        hint: Some("name the tenant as well: TENANT/ID".to_owned()),
    }
}

/// An id that nothing bears, with the nearest one that something does.
pub(super) fn unknown<'a>(
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a str>,
    list: &str,
) -> Error {
    let near = text::nearest(id, known);
    Error::Usage {
        message: format!("there is no {what} `{}`", text::safe(id)),
        hint: Some(match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("`{list}` shows them"),
        }),
    }
}
